package cli

import (
	"runtime/debug"
	"runtime/metrics"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/cmd/internal/memory"
	"github.com/inshore-dev/inshore/cmd/internal/review"
)

const (
	// manyFiles is from how many on a review minds its memory: below, it is over
	// before the memory matters. As often it looks again at what it holds.
	manyFiles = 1000
	// gcHeadroom and gcPercent trade CPU for memory: what is collected next is at
	// least so many bytes, and so many hundredths of what is held. A review of
	// 10,000 manifests makes 80 KB of garbage for each and keeps one.
	gcHeadroom = 5 << 20
	gcPercent  = 25
)

// frugally is progress that gives back, when a stage of a large review begins and
// when it ends, what the one before it needed: CI runs in small containers,
// beside others.
func frugally(progress func(doing review.Stage, done, total int)) func(doing review.Stage, done, total int) {
	return func(doing review.Stage, done, total int) {
		if total >= manyFiles && (done%manyFiles == 1 || done == total) {
			debug.SetGCPercent(max(gcPercent, int(100*gcHeadroom/max(1, held()))))
		}
		if total >= manyFiles && (done == 1 || done == total) {
			memory.GiveBack(logr.Discard())
		}
		progress(doing, done, total)
	}
}

// held is how many bytes the last collection found in use.
func held() uint64 {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return live[0].Value.Uint64()
}
