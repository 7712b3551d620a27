package review

import (
	"slices"
	"strings"
	"testing"
)

const daemon = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: router, namespace: core, annotations: {inshore.dev/node-local: required, inshore.dev/drain: 15s}}
spec:
  minReadySeconds: 10
  selector: {matchLabels: {app: router}}
  template:
    metadata: {labels: {app: router}}
    spec:
      containers:
      - name: router
        readinessProbe: {tcpSocket: {port: 1}}
        volumeMounts: [{name: run, mountPath: /run/router}]
      volumes: [{name: run, hostPath: {path: /run/router, type: DirectoryOrCreate}}]
---
apiVersion: v1
kind: Service
metadata: {name: router, namespace: core, annotations: {inshore.dev/node-local: required}}
spec: {selector: {app: router}, ports: [{port: 1}]}
`

const mountingClient = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web}]
      volumes: [{name: router, hostPath: {path: /run/router}}]
`

const tainted = `apiVersion: v1
kind: Node
metadata: {name: gpu-1}
spec: {taints: [{key: dedicated, effect: NoSchedule}]}
`

const placed = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: plain}
spec:
  template:
    metadata: {annotations: {inshore.dev/node-local: required}}
`

func TestAVerdictLooksBeyondItsNamespace(t *testing.T) {
	for name, test := range map[string]struct {
		files []string
		want  []string
	}{
		"alone":                                   {[]string{daemon}, []string{"ISH203"}},
		"with a client in another namespace":      {[]string{daemon, mountingClient}, []string{"ISH203", "ISH306"}},
		"with a node that it does not reach":      {[]string{daemon, tainted}, []string{"ISH203", "ISH303"}},
		"an annotation on the pod template alone": {[]string{placed}, []string{"ISH211"}},
	} {
		t.Run(name, func(t *testing.T) {
			outcome := inText(t, strings.Join(test.files, "---\n"))
			var got []string
			for _, verdict := range outcome.Verdicts {
				for _, finding := range verdict.Findings {
					got = append(got, finding.ID)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
