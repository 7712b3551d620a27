package server

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/webhook/registration"
)

func BenchmarkMutateDaemonSet(b *testing.B) {
	benchmark(b, registration.PathMutateDaemonSets, "daemonset")
}
func BenchmarkMutateService(b *testing.B) { benchmark(b, registration.PathMutateServices, "service") }
func BenchmarkValidateDaemonSet(b *testing.B) {
	benchmark(b, registration.PathValidateDaemonSets, "daemonset")
}
func BenchmarkValidateService(b *testing.B) {
	benchmark(b, registration.PathValidateServices, "service")
}

// benchmark measures the handler bytes to bytes. Means say little on a machine
// that does other work, so it reports the median and the 99th percentile.
func benchmark(b *testing.B, path, kind string) {
	f := newFixture(b, logr.Discard())
	for _, operation := range []string{"create", "update"} {
		b.Run(operation, func(b *testing.B) {
			body := testdata(b, kind+"-"+operation+".json")
			reader := bytes.NewReader(body)
			req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, path, io.NopCloser(reader))
			if err != nil {
				b.Fatal(err)
			}
			req.ContentLength = int64(len(body))
			req.Header.Set("Content-Type", "application/json")
			w := &sink{header: http.Header{}}
			var took []time.Duration
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				reader.Reset(body)
				start := time.Now()
				f.handler.ServeHTTP(w, req)
				took = append(took, time.Since(start))
			}
			if w.code != 0 {
				b.Fatalf("got %d", w.code)
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds()), "p50-ns")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
		})
	}
}

// sink is a response that nobody reads.
type sink struct {
	header http.Header
	code   int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(code int)        { s.code = code }
