// Package decisionlog writes one line of JSON for each decision of the
// validating webhook, with the document that the decision was made from, so that
// it can be made again: `inshore replay` evaluates logged decisions by other
// rules and prints what would change.
//
// A line holds no more of an object than rules can read, of its annotations only
// those under inshore.dev/, and of the commands of preStop handlers only the words
// that say whether they wait. Documents have no environment variables,
// arguments, Secrets or ConfigMaps in the first place.
//
// A [Log] never makes an API server wait: lines are written by a goroutine of
// its own, and dropped, counted, when it falls behind.
package decisionlog
