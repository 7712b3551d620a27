// Package datapath is what a node agent asks of the thing that carries its table
// out: apply it, count, and be left alone when the agent goes. The packages ebpf
// and nftables implement it; [Fake] stands in for them in tests.
package datapath
