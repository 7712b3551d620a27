// Package policycases holds NodeLocalPolicies that are accepted or refused, and
// why. Whoever judges policies is tested on them: the API server, by the schema of
// the CRD, and the review of files, in Go. So the two cannot come to differ.
package policycases
