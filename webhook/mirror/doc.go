// Package mirror keeps a related.Store equal to the cluster: it watches
// Services, DaemonSets, Deployments and StatefulSets and holds of each only the
// projection that rules read.
//
// client-go's shared informers would keep every object whole, and twice while
// they list. Here an object is projected as it comes off the wire, page by page
// or event by event, so that memory follows the size of the projections.
package mirror
