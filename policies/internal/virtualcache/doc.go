// Package virtualcache keeps what a query has found out about virtual documents, so
// that a library that twenty rules ask is evaluated once.
//
// OPA's own cache is a trie with a map for each element of each reference: of the
// memory that judging a DaemonSet takes, that was a seventh. This one is a table of whole
// references, and is used again by the next query.
package virtualcache
