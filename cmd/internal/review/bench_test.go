package review

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkRun reviews 1,000 files, a Service and a DaemonSet in turn, of which
// every second DaemonSet breaks a rule. allocs/op and MB/s are of the manifests'
// text; the rules are compiled once, before.
func BenchmarkRun(b *testing.B) {
	for name, optedIn := range map[string]int{"all": 1, "5%": 20} {
		b.Run("opted-in="+name, func(b *testing.B) {
			folder := b.TempDir()
			size := writeManifests(b, folder, 1000, optedIn)
			c := config(b)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				outcome, err := Run(b.Context(), c, []string{folder})
				if err != nil {
					b.Fatal(err)
				}
				if len(outcome.Verdicts) != 1000 {
					b.Fatalf("%d verdicts, want 1000", len(outcome.Verdicts))
				}
			}
		})
	}
}

// writeManifests writes count files, of which one in each oneIn is opted in, and
// returns their size in bytes.
func writeManifests(b *testing.B, folder string, count, oneIn int) int {
	b.Helper()
	size := 0
	for i := range count {
		annotation := "inshore.dev/node-local: required"
		if i%oneIn != 0 {
			annotation = "example.com/owner: core"
		}
		text := fmt.Sprintf(benchmarkService, i/2, annotation, i/2)
		if i%2 == 1 {
			text = fmt.Sprintf(benchmarkDaemonSet, i/2, annotation, i/2, i/2, strings.Repeat(benchmarkEnv, 40), i%4*2770)
		}
		size += len(text)
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%05d.yaml", i)), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return size
}

const benchmarkService = `apiVersion: v1
kind: Service
metadata:
  name: s%d
  annotations:
    %s
spec:
  selector:
    app: s%d
  ports:
  - name: main
    port: 11211
    targetPort: main
`

const benchmarkEnv = `        - name: SOME_SETTING
          value: "some value that a daemon is given"
`

const benchmarkDaemonSet = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: s%d
  annotations:
    %s
spec:
  minReadySeconds: 10
  selector:
    matchLabels:
      app: s%d
  template:
    metadata:
      labels:
        app: s%d
    spec:
      containers:
      - name: main
        image: registry.example.com/main:1
        env:
%s        ports:
        - name: main
          containerPort: 11211
          hostPort: %d
        readinessProbe:
          tcpSocket:
            port: main
`
