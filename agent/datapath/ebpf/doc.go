// Package ebpf carries a table of routes out where a connection begins: in cgroup
// socket hooks.
package ebpf
