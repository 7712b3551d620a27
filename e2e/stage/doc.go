// Package stage puts on a cluster what the demo and the scenarios play with:
// Inshore itself, installed from manifests/ as a user would, a real memcached on
// every node, and an app that calls it.
package stage
