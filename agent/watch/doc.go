// Package watch keeps a routes.Index equal to what the API server has: the
// Services that are ours, the pods of one node, and EndpointSlices only while a
// Service may leave the node.
//
// Objects are converted as they come off the wire, event by event, and dropped:
// memory follows what decisions read.
package watch
