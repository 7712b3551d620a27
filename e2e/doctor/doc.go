// Package doctor runs `inshore doctor` against a real API server on which Inshore
// is installed and nothing runs: what it says of an installation that is not
// well. That it finds nothing wrong with one that is, is told in e2e/scenarios.
package doctor
