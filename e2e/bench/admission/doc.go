// Package admission measures what admission costs a write to the API server, as
// its clients see it: without any, with webhooks that allow everything unread,
// with ours, and with the native policies of `inshore native`.
//
// All arms are there at once, on one API server, and a namespace chooses between
// them: each request meets the configurations of its namespace only. The arms take
// turns in random order, hundreds of times, so that whatever else the machine does
// falls on all of them alike. Writes are dry runs: they go the whole way through
// admission and are not written to etcd, whose disk would drown what is compared.
//
// Webhooks are called over HTTP/1.1, as those in a cluster are. (API servers speak
// HTTP/2 to a webhook that is named by url; DISABLE_HTTP2 in the API server's
// environment ends that.)
//
// A second part asks the webhooks themselves, over TLS and without an API server.
//
// Nothing fails because of a figure.
package admission
