package policies

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"time"
)

// smokeMemory is what one rule may take in a smoke run. A rule that collects
// without end takes hundreds of MiB before its time is over; in a pod that may
// have 256 it would end the process, and again at every start.
const smokeMemory = 64 << 20

// withMemory returns a context that ends, with a cause that says so, once the
// process holds bytes more than it does now. That is coarse, since others
// allocate too: use it where a refusal is tried again.
func withMemory(ctx context.Context, bytes uint64) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	start := heap()
	go func() {
		ticker := time.NewTicker(time.Millisecond)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if heap() < start+bytes {
				continue
			}
			runtime.GC() // what the rule has dropped again does not count
			if heap() >= start+bytes {
				cancel(fmt.Errorf("it takes more than %d MiB of memory", bytes>>20))
				return
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// heap is what objects take, those that the collector has not found yet
// included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
