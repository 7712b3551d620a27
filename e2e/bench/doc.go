// Package bench compares the ways from a pod to the daemon on its node: straight
// to the pod's IP, through a Service as Inshore's two datapaths and kube-proxy's
// two modes route it, over 127.0.0.1 and over a Unix socket.
//
// All of it is one run on one real cluster (package cluster): a node for each
// router, and on every node the same two pods, a server and a client with network
// namespaces of their own. Every call but those over 127.0.0.1 and the Unix socket
// therefore goes the same way, from veth pair to veth pair through the node. Services
// come in bulk and all nodes route all of them; a call goes to one at random.
//
// The machine is never quiet, so figures are compared in pairs: a batch of calls
// through the Service, and one to the pod's IP on the same node right before or after
// it, in random order, hundreds of times. A ratio is the median over the pairs, and
// its interval that median's, at 95 %. Nothing fails because of a figure.
package bench
