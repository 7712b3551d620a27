package scenarios

import (
	"strings"
)

// optedIn is the file of a team that opted in and applies it from a pipeline:
// with an explicit policy that the annotation overrules, the hardest case for
// anything that applies in a loop.
const optedIn = `
apiVersion: v1
kind: Service
metadata:
  name: looped
  namespace: cache
  annotations:
    inshore.dev/node-local: required
spec:
  internalTrafficPolicy: Cluster
  selector: {app: looped}
  ports: [{port: 11211}]
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: looped
  namespace: cache
  annotations:
    inshore.dev/node-local: required
    inshore.dev/drain: 5s
spec:
  selector: {matchLabels: {app: looped}}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 1}
  template:
    metadata: {labels: {app: looped}}
    spec:
      containers:
        - name: memcached
          image: docker.io/local/memcached:e2e
          imagePullPolicy: Never
          args: ["-u", "nobody"]
          ports: [{containerPort: 11211}]
          readinessProbe: {tcpSocket: {port: 11211}}
`

// loops is how often a GitOps-style reconciler applies the same file.
const loops = 50

func applies(s story) {
	before := s.kubectl("", "-n", "cache", "get", "service,daemonset", "-o", "name")
	dry := s.kubectl(optedIn, "apply", "--dry-run=server", "-f", "-", "-o", "jsonpath={.items[*].spec.internalTrafficPolicy}")
	if dry != "Local" {
		s.Errorf("a server-side dry run shows internalTrafficPolicy %q, want Local", dry)
	}
	if after := s.kubectl("", "-n", "cache", "get", "service,daemonset", "-o", "name"); after != before {
		s.Errorf("a dry run created something: %q", after)
	}

	s.kubectl(optedIn, "apply", "-f", "-")
	defer s.kubectl("", "-n", "cache", "delete", "service/looped", "daemonset/looped")
	first := s.versions()

	s.kubectl(optedIn, "diff", "-f", "-") // exits 1, and so fails the test, on any difference
	again := s.kubectl(optedIn, "apply", "-f", "-")
	s.unmoved("a second apply", first)
	s.Log(strings.TrimSpace(again))

	for range loops {
		s.kubectl(optedIn, "apply", "-f", "-")
	}
	s.unmoved("a loop of client-side applies", first)

	for range loops {
		s.kubectl(optedIn, "apply", "--server-side", "--force-conflicts", "--field-manager=gitops", "-f", "-")
	}
	s.unmoved("a loop of server-side applies by another field manager", first)
	s.field("service/looped", "{.spec.internalTrafficPolicy}", "Local")
	s.field("daemonset/looped", "{.spec.updateStrategy.rollingUpdate.maxUnavailable}", "0")
}

// versions are the generations of the looped objects. A Service has none before
// Kubernetes counts them, so its spec stands for it.
func (s story) versions() string {
	return s.get("daemonset/looped", "{.metadata.generation}") + " " + s.get("service/looped", "{.metadata.generation}{.spec}")
}

func (s story) unmoved(what, first string) {
	s.Helper()
	if now := s.versions(); now != first {
		s.Errorf("%s moved the objects from %s to %s", what, first, now)
	}
}
