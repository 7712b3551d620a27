// Package scale shows what the webhook costs where 10,000 objects have opted in:
// its memory, and what it writes to the API server.
//
// The webhook is the real program with the rights of its manifests, run on the
// host beside a real API server; what it asked of the API server is read from
// the audit log.
package scale
