// Package registration tests, on a real API server without nodes, what
// NodeLocalPolicies make of the webhook configurations: which objects cost a call
// then, and that any number of replicas agree on what to write. It has tests only.
package registration
