// Package cluster runs a real Kubernetes cluster on one Linux machine: no virtual machines, no container
// engine, no registry and no download but Go modules and Debian packages.
//
// [Start] builds (once, then cached) etcd, Kubernetes, containerd and the CNI plugins from the modules under
// e2e/build, boots one machine of namespaces for the control plane and one for each node (see package
// machine), and runs the real programs on them:
//
//	c, err := cluster.Start(ctx, cluster.Config{Nodes: 3, Proxy: cluster.ProxyNFTables, Progress: os.Stderr})
//	if err != nil { ... }
//	defer c.Stop()
//	out, err := c.Kubectl(ctx, "", "get", "nodes")
//
// With no nodes it is an API server, with etcd and on request the controllers, ready in seconds.
//
// # What it leaves behind
//
// Nothing, after [Cluster.Stop], after Ctrl-C, and, as soon as the next cluster starts, after a kill -9 of
// the program that started it. The host's network, mounts and firewall are never touched: each
// cluster lives in namespaces of its own, so any number may run side by side with the same addresses. The one
// listener in the host's network is the way to the API server, at a free port of 127.0.0.1.
//
// State lives below /var/lib/inshore-lab (INSHORE_LAB_DIR), what was built or downloaded below
// $XDG_CACHE_HOME/inshore.
//
// It needs root, Linux with cgroup version 2 mounted (alone or beside version 1) and some Debian packages,
// which it installs when they are missing.
package cluster
