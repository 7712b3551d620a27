// Package webhook is the command inshore-webhook: flags, and the wiring of the
// packages that do the work.
package webhook
