// Package routes decides where calls to node-local Services go on one node: from
// Services, the node's own pods and, where a Service may leave the node, its
// EndpointSlices, to a [Table] of frontends. It is pure: no I/O, no clock.
//
// The choice of endpoints follows kube-proxy's CategorizeEndpoints for traffic
// with the policy Local (KEP-2086, KEP-1669): ready local endpoints, else local
// ones that are terminating but still serving, else the Service's behaviour.
// One thing is stricter: while a DaemonSet surges, its newest pod that can serve
// takes all new connections, so that the old one has none to lose when it is
// told to stop.
//
// [Compute] decides for one Service and [Build] for all. [Index] is Build for a
// process that lives: objects are set and deleted, and it says which frontends
// changed and whether a pod is reached yet. [FromService], [FromPod] and [FromSlice]
// take from Kubernetes' objects what decisions read.
package routes
