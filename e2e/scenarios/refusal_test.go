package scenarios

import (
	"strings"

	"github.com/inshore-dev/inshore/e2e/stage"
)

func refusals(s story) {
	for manifest, words := range map[string][]string{
		"hostport":    {"ISH201", "hostPort", "hostport"},
		"hostnetwork": {"ISH202", "hostNetwork"},
		"noprobe":     {"ISH204", "readinessProbe"},
	} {
		says(s, s.refused(stage.YAML(manifest), "apply", "-f", "-"), words...)
	}

	s.kubectl(stage.YAML("deployment"), "apply", "-f", "-")
	defer s.kubectl("", "-n", "cache", "delete", "deployment/web", "--ignore-not-found")
	says(s, s.refusedOnceSeen(stage.YAML("deployment-service")), "ISH301", "preferred", "Deployment")
}

func wrongAnnotations(s story) {
	says(s, s.refused("", "-n", "cache", "annotate", "service/memcached", "inshore.dev/node-local=requird"),
		"inshore.dev/node-local", "requird", "required", "preferred", "disabled")
	says(s, s.refused("", "-n", "cache", "annotate", "daemonset/memcached", "inshore.dev/node-locl=required"),
		"inshore.dev/node-locl", "inshore.dev/node-local")
	huge := strings.Repeat("x", 200<<10)
	says(s, s.refused(strings.ReplaceAll(hugeAnnotation, "HUGE", huge), "create", "-f", "-"), "inshore.dev/drain")
}

const hugeAnnotation = `
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: huge
  namespace: cache
  annotations:
    inshore.dev/drain: HUGE
spec:
  selector: {matchLabels: {app: huge}}
  template:
    metadata: {labels: {app: huge}}
    spec:
      containers: [{name: c, image: x}]
`

// refusedOnceSeen tries a dry run until it is refused: the webhook learns of the
// Deployment that it just saw created through a watch, a moment later.
func (s story) refusedOnceSeen(manifest string) string {
	s.Helper()
	s.wait("the webhook to know the Deployment", func() (bool, string) {
		out, err := s.c.Kubectl(s.ctx, manifest, "create", "--dry-run=server", "-f", "-")
		return err != nil, out
	})
	return s.refused(manifest, "create", "-f", "-")
}

func says(s story, message string, words ...string) {
	s.Helper()
	for _, word := range words {
		if !strings.Contains(message, word) {
			s.Errorf("the refusal does not say %q:\n%.2000s", word, message)
		}
	}
}
