package scenarios

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// nobodyOptedIn creates, changes and deletes objects without an annotation of
// ours and counts, at every replica, that it heard of none. One opted-in object
// at the end shows that the counter counts.
func nobodyOptedIn(s story) {
	before := s.reviews()
	for i := range 10 {
		name := fmt.Sprintf("plain-%d", i)
		s.kubectl("", "-n", "cache", "create", "service", "clusterip", name, "--tcp=80:80")
		s.kubectl("", "-n", "cache", "label", "service", name, "team=a")
		s.kubectl("", "-n", "cache", "annotate", "service", name, "example.com/note=not-ours")
		s.kubectl("", "-n", "cache", "delete", "service", name)
	}
	s.kubectl(strings.ReplaceAll(stage.YAML("noprobe"), "inshore.dev/node-local", "example.com/node-local"), "apply", "-f", "-")
	s.kubectl("", "-n", "cache", "rollout", "status", "daemonset/noprobe", "--timeout=60s")
	s.kubectl("", "-n", "cache", "delete", "daemonset/noprobe")
	if after := s.reviews(); after != before {
		s.Errorf("the webhook heard of %v objects that nobody opted in", after-before)
	}

	s.kubectl("", "-n", "cache", "annotate", "--dry-run=server", "service/memcached", "inshore.dev/node-local=required")
	if after := s.reviews(); after <= before {
		s.Errorf("the webhook counted no review of an opted-in object: the count of %v shows nothing", after)
	}
}

// reviews is how many admission reviews all replicas have answered.
func (s story) reviews() float64 {
	s.Helper()
	var sum float64
	for _, pod := range s.webhookPods() {
		for _, metric := range s.metrics(pod)["inshore_admission_reviews_total"].GetMetric() {
			sum += metric.GetCounter().GetValue()
		}
	}
	return sum
}
