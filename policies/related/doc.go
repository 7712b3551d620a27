// Package related finds the objects that bear on another one's verdict: what
// stands behind a Service, and which Services select a DaemonSet's pods.
//
// Admission and audit fill a [Store] from informers, review fills one from the
// files it was given; the rules see the same [input.Related] either way.
//
// A store is made to hold a cluster: an object is packed into a few hundred
// bytes, by the reflection of its type, and unpacked when somebody asks.
package related
