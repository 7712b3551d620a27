// Package cgroup finds the folder of a node's cgroup v2 hierarchy that programs
// are attached to: the one above every pod and every process of the node.
package cgroup
