package scenarios

import (
	"encoding/json"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// calls is how often each node's app calls memcached to show where its calls
// go: with three nodes, this many staying home by chance has odds of 3⁻³⁰⁰.
const calls = 300

func optInAndOut(s story, cache *stage.Cache) {
	service := s.specOf("service/memcached")
	daemonSet := s.specOf("daemonset/memcached")
	if local, total := s.callsAtHome(cache); local == total {
		s.Fatalf("all of %d calls stayed home before anybody opted in: the test shows nothing", total)
	}

	s.kubectl("", "-n", "cache", "annotate", "service/memcached", "inshore.dev/node-local=required")
	s.kubectl("", "-n", "cache", "annotate", "daemonset/memcached",
		"inshore.dev/node-local=required", "inshore.dev/max-surge=2", "inshore.dev/drain=2s")

	s.field("service/memcached", "{.spec.internalTrafficPolicy}", "Local")
	s.field("service/memcached", `{.metadata.labels.inshore\.dev/node-local}`, "required")
	s.field("daemonset/memcached", "{.spec.updateStrategy.rollingUpdate.maxSurge}", "2")
	s.field("daemonset/memcached", "{.spec.updateStrategy.rollingUpdate.maxUnavailable}", "0")
	s.field("daemonset/memcached", "{.spec.template.spec.containers[0].lifecycle.preStop.sleep.seconds}", "2")
	for _, object := range []string{"service/memcached", "daemonset/memcached"} {
		if previous := s.get(object, `{.metadata.annotations.inshore\.dev/previous}`); !json.Valid([]byte(previous)) {
			s.Errorf("inshore.dev/previous of %s is not JSON: %q", object, previous)
		}
	}

	s.kubectl("", "-n", "cache", "rollout", "status", "daemonset/memcached", "--timeout=120s")
	if err := cache.Mark(s.ctx); err != nil {
		s.Fatal(err)
	}
	if err := cache.SettleAtHome(s.ctx); err != nil {
		s.Fatal(err)
	}
	if local, total := s.callsAtHome(cache); local != total {
		s.Errorf("%d of %d calls stayed on their node, want all", local, total)
	}

	s.kubectl("", "-n", "cache", "annotate", "service/memcached", "inshore.dev/node-local-")
	s.kubectl("", "-n", "cache", "annotate", "daemonset/memcached",
		"inshore.dev/node-local-", "inshore.dev/max-surge-", "inshore.dev/drain-")
	if diff := cmp.Diff(service, s.specOf("service/memcached")); diff != "" {
		s.Errorf("opting out did not restore the Service (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(daemonSet, s.specOf("daemonset/memcached")); diff != "" {
		s.Errorf("opting out did not restore the DaemonSet (-before +after):\n%s", diff)
	}
	s.kubectl("", "-n", "cache", "rollout", "status", "daemonset/memcached", "--timeout=120s")
	if err := cache.Mark(s.ctx); err != nil {
		s.Fatal(err)
	}
}

// callsAtHome has every node's app call, and returns how many calls its own
// node answered of how many. A call without an answer fails the test.
func (s story) callsAtHome(cache *stage.Cache) (local, total int) {
	s.Helper()
	all, err := cache.Call(s.ctx, calls)
	if err != nil {
		s.Fatal(err)
	}
	for _, answers := range all {
		if answers.Failed > 0 {
			s.Errorf("%d of %d calls from %s failed: %v", answers.Failed, answers.Total, answers.Node, answers.Errors)
		}
		local += answers.Local()
		total += answers.Total
	}
	if want := calls * len(s.c.Nodes()); total != want {
		s.Errorf("%d calls were made, want %d", total, want)
	}
	return local, total
}

// specOf is what of an object a user wrote or could have: the spec, and labels
// and annotations but for those that kubectl and controllers keep for themselves.
func (s story) specOf(object string) map[string]any {
	s.Helper()
	var whole struct {
		Metadata struct {
			Labels, Annotations map[string]string
		}
		Spec map[string]any
	}
	if err := json.Unmarshal([]byte(s.kubectl("", "-n", "cache", "get", object, "-o", "json")), &whole); err != nil {
		s.Fatal(err)
	}
	annotations := map[string]string{}
	for key, value := range whole.Metadata.Annotations {
		if !strings.HasPrefix(key, "kubectl.kubernetes.io/") && key != "deprecated.daemonset.template.generation" {
			annotations[key] = value
		}
	}
	return map[string]any{"labels": whole.Metadata.Labels, "annotations": annotations, "spec": whole.Spec}
}

func (s story) get(object, path string) string {
	s.Helper()
	return s.kubectl("", "-n", "cache", "get", object, "-o", "jsonpath="+path)
}

func (s story) field(object, path, want string) {
	s.Helper()
	if got := s.get(object, path); got != want {
		s.Errorf("%s of %s is %q, want %q", path, object, got, want)
	}
}
