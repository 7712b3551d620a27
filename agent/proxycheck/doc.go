// Package proxycheck finds out by real connections what the cluster's proxy does
// with node-local Services on this node: whether internalTrafficPolicy: Local is
// honoured without an agent, which not every network plugin does.
//
// It connects to a frontend as a process of the node, with a socket mark that
// every datapath of ours leaves alone (datapath.BypassMark), and asks connection
// tracking where the flow went. The connection is reset at once, so a server sees a
// client that says nothing.
//
// Only TCP is probed: of UDP and SCTP silence would say nothing. Only one client is
// tried, the node itself; a proxy may treat pods differently, and one that
// chooses at random may be lucky three times. A proxy that translates at the
// socket, as we do, ignores the mark of others and is recognised by the flow going
// elsewhere than to the frontend.
package proxycheck
