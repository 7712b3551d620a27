package cli

import (
	"runtime/debug"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/cmd/internal/memory"
	"github.com/inshore-dev/inshore/cmd/internal/review"
)

const (
	// manyFiles is from how many on a review minds its memory: below, it is over
	// before the memory matters.
	manyFiles = 1000
	// gcPercent trades CPU for memory: a review of 10,000 manifests makes 80 KB of
	// garbage for each and keeps one.
	gcPercent = 25
)

// frugally is progress that gives back, when a stage of a large review begins and
// when it ends, what the one before it needed: CI runs in small containers,
// beside others.
func frugally(progress func(doing review.Stage, done, total int)) func(doing review.Stage, done, total int) {
	return func(doing review.Stage, done, total int) {
		if total >= manyFiles && (done == 1 || done == total) {
			debug.SetGCPercent(gcPercent)
			memory.GiveBack(logr.Discard())
		}
		progress(doing, done, total)
	}
}
