// Package machine makes machines out of Linux namespaces.
//
// A [Machine] has network, mount, PID, UTS, IPC and cgroup namespaces of its own, and a cgroup folder in
// which everything it runs lives. Its first process, the program e2e/cmd/labinit, is PID 1 inside: when
// that process dies the kernel kills everything on the machine, and with the last process go its mounts,
// interfaces and routes. Taking a machine down is therefore one kill and the removal of empty cgroup
// folders, even after the program that made it crashed: the first process reads a pipe whose other end
// its maker holds, and leaves when that end closes.
//
// Nothing is ever mounted, linked or named in the host's own namespaces.
package machine
