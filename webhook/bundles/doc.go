// Package bundles keeps the webhook's rules up to date: from directories, from
// ConfigMaps of our own namespace that carry [Label], and from a signed OPA
// bundle over HTTP. What goes wrong leaves the last good rules in force, and is
// said in the log, as an event on our Deployment, and in metrics.
//
// Directories must load at start. The other two are waited for, for [Patience]
// at most: an API server must not wait for ever for a webhook because a server
// of bundles is down. What is missing then is said.
package bundles
