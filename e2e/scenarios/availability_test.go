package scenarios

import (
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

func uninstall(s story, overlay stage.Overlay) {
	if err := stage.Uninstall(s.ctx, s.c, overlay); err != nil {
		s.Fatal(err)
	}
	for _, kinds := range []string{
		"mutatingwebhookconfigurations,validatingwebhookconfigurations",
		"clusterroles,clusterrolebindings",
		"namespaces",
	} {
		for _, name := range strings.Fields(s.kubectl("", "get", kinds, "-o", "name")) {
			if strings.Contains(name, "inshore") {
				s.Errorf("%s is still there", name)
			}
		}
	}
	s.kubectl("", "-n", "cache", "annotate", "--dry-run=server", "service/memcached", "inshore.dev/node-local=required")
}
