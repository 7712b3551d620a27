// Package churn writes opted-in objects at a steady rate from several clients,
// some of them with a mistake that a rule refuses, and keeps a book of what became
// of each request while something is done to the cluster.
//
// A [Stream] is told in phases. [Stream.During] writes while a fault happens and
// for a while after it, reads back what nobody answered for, waits until audit has
// repaired what admission missed, and returns the phase's account. [Faults] are
// what may happen to the webhook and to what it stands on. [Table] shows the
// accounts side by side.
//
// Requests start on time whether or not those before them were answered, so that
// a stall costs every request that falls into it and not only one a client.
// An object whose write nobody answered, or which came back without the mutation,
// is never written again: what makes it right is repair, and nothing else.
package churn
