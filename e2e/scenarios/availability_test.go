package scenarios

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/e2e/stage"
)

func ownRollout(s story) {
	flow := startStream(s)
	defer flow.end(s)
	flow.more(s, 100)
	s.kubectl("", "-n", stage.Namespace, "rollout", "restart", "deployment/inshore-webhook")
	s.kubectl("", "-n", stage.Namespace, "rollout", "status", "deployment/inshore-webhook", "--timeout=180s")
	// The old pods are still draining when the new ones are available.
	s.wait("the old pods to be gone", func() (bool, string) {
		pods := strings.Fields(s.kubectl("", "-n", stage.Namespace, "get", "pods", "-o", "jsonpath={.items[*].metadata.name}"))
		return len(pods) == 2, strings.Join(pods, " ")
	})
	flow.more(s, 100)
}

// switchOff deletes the two configurations, which docs/operations.md gives as
// the way to end all effect at once, and applies the overlay to switch on again.
func switchOff(s story, overlay stage.Overlay) {
	s.kubectl("", "delete", "mutatingwebhookconfiguration", "inshore-mutate")
	s.kubectl("", "delete", "validatingwebhookconfiguration", "inshore-validate")
	s.wait("the API server to call nobody", func() (bool, string) {
		out, err := s.c.Kubectl(s.ctx, stage.YAML("hostport"), "create", "--dry-run=server", "-f", "-")
		return err == nil, fmt.Sprint(out, err)
	})
	install(s, overlay)
	says(s, s.refused(stage.YAML("hostport"), "create", "--dry-run=server", "-f", "-"), "ISH201")
}
