// Package check tells whether a node could run the eBPF datapath: its kernel,
// a cgroup v2 hierarchy to attach to, a BPF file system to pin in, and the
// capabilities to do it with.
//
// Everything is read from /proc, nothing is changed and no privilege is needed,
// so it may be run on any node before the agent is. It reports what is there;
// whether attaching really works only the agent's own canary can tell.
package check
