package mutate_test

import (
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

const benchService = `
apiVersion: v1
kind: Service
metadata:
  name: memcached
  labels: {app: memcached}
  annotations: {inshore.dev/node-local: required, example.com/owner: web}
spec:
  type: ClusterIP
  clusterIP: 10.0.0.7
  internalTrafficPolicy: Cluster
  selector: {app: memcached}
  ports: [{port: 11211}]
`

const benchDaemonSet = `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: memcached
  labels: {app: memcached}
  annotations: {inshore.dev/node-local: required, inshore.dev/drain: 15s, inshore.dev/readiness-gate: agent}
spec:
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  template:
    spec:
      terminationGracePeriodSeconds: 30
      containers:
      - {name: memcached, ports: [{containerPort: 11211}]}
      - {name: exporter, ports: [{containerPort: 9150}], lifecycle: {postStart: {exec: {}}}}
`

// The cases of a benchmark: opting in, sending back what is stored (as most
// updates do), and opting out.
func benchmark[T any, P interface {
	*T
	input.Object
}](b *testing.B, text string, f func(obj, old P, words mutate.Words, p v1alpha1.Platform) mutate.Result) {
	sent := fromYAML(b, text)
	stored := admit(b, sent, nil, kubernetes)
	out := annotate(clone(b, stored), noWords())
	for _, c := range []struct {
		name     string
		obj, old object
		patched  bool
	}{{"opts in", sent, nil, true}, {"again", stored, stored, false}, {"opts out", out, stored, true}} {
		obj := P(decode[T](b, encode(b, c.obj)))
		var old P
		if c.old != nil {
			old = decode[T](b, encode(b, c.old))
		}
		intent, errs := v1alpha1.Parse(obj.Kind(), obj.Meta().Annotations)
		if len(errs) > 0 {
			b.Fatal(errs)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if result := f(obj, old, mutate.Own(intent), kubernetes); (len(result.Patch) > 0) != c.patched {
					b.Fatalf("patch: %s", result.Patch.AppendJSON(nil))
				}
			}
		})
	}
}

func BenchmarkService(b *testing.B) { benchmark(b, benchService, mutate.Service) }

func BenchmarkDaemonSet(b *testing.B) { benchmark(b, benchDaemonSet, mutate.DaemonSet) }

func BenchmarkPatchAppendJSON(b *testing.B) {
	patch := mutateObject(b, fromYAML(b, benchDaemonSet), nil, kubernetes).Patch
	buffer := patch.AppendJSON(nil)
	b.SetBytes(int64(len(buffer)))
	b.ReportAllocs()
	for b.Loop() {
		buffer = patch.AppendJSON(buffer[:0])
	}
}
