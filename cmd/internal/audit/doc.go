// Package audit looks at the Services and DaemonSets of a cluster from outside
// and says what the webhook's audit would report: `inshore audit`.
//
// [Look] lists what verdicts depend on, [Judge] judges it with the same function
// as the webhook (webhook/audit.Inspect), and a [Report] writes itself. Nothing
// needs to be installed in the cluster, and nothing is changed in it.
package audit
