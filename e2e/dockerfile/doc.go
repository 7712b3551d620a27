// Package dockerfile checks the Dockerfile without a container engine: its build
// command is run here, as it stands there, and what comes out must be what the
// final stages promise. It has tests only.
//
// It is among the slow tests, because a cold build of both programs takes
// minutes. The harness builds the webhook with the same flags, so together they
// pay for it once.
package dockerfile
