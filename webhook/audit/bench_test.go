package audit

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkPass is one pass over a namespace with 100 daemons and their
// Services, whose report is up to date.
func BenchmarkPass(b *testing.B) {
	w := newWorld(b, ModeReport)
	const daemons = 100
	for i := range daemons {
		name := strings.NewReplacer("name: mcrouter\n", fmt.Sprintf("name: mcrouter-%d\n", i), "app: mcrouter", fmt.Sprintf("app: mcrouter-%d", i))
		w.put(name.Replace(daemon))
		w.put(name.Replace(good))
	}
	w.judge("core")
	for b.Loop() {
		w.judge("core")
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*2*daemons), "µs/object")
}
