// Package outside runs inshore-webhook on the host, outside a pod, and lets the
// API server of a test's cluster reach it: for tests that need its flags, its
// files or its memory at hand.
package outside
