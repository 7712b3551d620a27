// Package agent is the command tree of inshore-agent: flags, exit codes, and
// where the output goes.
package agent
