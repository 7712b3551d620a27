// Package agent is the loop of a node agent: what the API server says (package
// watch) goes into an index (package routes), what changes there goes into a
// datapath, and only once it is there are readiness gates opened, events sent
// and figures counted.
//
// One goroutine commits. Edits that arrive while it does are committed together
// by the next round, so a burst costs few updates and the first edit after a
// pause waits for nothing.
package agent
