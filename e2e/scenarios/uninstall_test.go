package scenarios

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// everyone is a policy that matches all there is. It is enforced for what is
// created; what exists stays as other parts of the story left it.
const everyone = `
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: everyone}
spec:
  enforcement: Enforce
  rollout: {paused: true}
  services: {nodeLocal: required}
  daemonSets: {nodeLocal: required}
`

// enforceEveryone applies the policy and waits until every write of a Service is
// ours to judge.
func enforceEveryone(s story) {
	s.Helper()
	s.kubectl(everyone, "apply", "-f", "-")
	for _, configuration := range []string{"mutatingwebhookconfiguration/inshore-mutate", "validatingwebhookconfiguration/inshore-validate"} {
		s.wait(configuration+" to hold the policy's entries", func() (bool, string) {
			names := s.kubectl("", "get", configuration, "-o", "jsonpath={.webhooks[*].name}")
			return strings.Count(names, "policy-") == 2, names
		})
	}
}

// sameTrust waits until the entries of policies vouch for the same certificates as
// the base entries do.
func sameTrust(s story) {
	s.Helper()
	s.wait("every webhook to have the same caBundle", func() (bool, string) {
		bundles := map[string]int{}
		for _, configuration := range []string{"mutatingwebhookconfiguration/inshore-mutate", "validatingwebhookconfiguration/inshore-validate"} {
			for _, bundle := range strings.Fields(s.kubectl("", "get", configuration, "-o", "jsonpath={.webhooks[*].clientConfig.caBundle}")) {
				bundles[bundle]++
			}
		}
		var counts []int
		for _, n := range bundles {
			counts = append(counts, n)
		}
		return len(counts) == 1 && counts[0] == 8, fmt.Sprintf("of each caBundle so many: %v", counts)
	})
}

// uninstall deletes the overlay while objects are created, annotated and not, with
// a policy for everyone in force: no creation is refused, and nothing of ours is
// left.
func uninstall(s story, overlay stage.Overlay) {
	enforceEveryone(s)
	flow := startWrites(s)
	flow.more(s, 20)
	begin := time.Now()
	if err := stage.Uninstall(s.ctx, s.c, overlay); err != nil {
		s.Fatal(err)
	}
	s.Logf("kubectl delete -k took %s", time.Since(begin).Round(100*time.Millisecond))
	flow.more(s, 100)
	flow.end(s)
	s.wait("nothing of ours to be left in the API", func() (bool, string) {
		left := leftInAPI(s)
		return len(left) == 0, strings.Join(left, "; ")
	})
	s.kubectl("", "-n", "cache", "annotate", "--dry-run=server", "service/memcached", "inshore.dev/node-local=required")
}

// leftInAPI is every object, of whatever kind, that was ours: by its name, its
// namespace, its labels or by who wrote it. Objects of teams are theirs: they keep
// their annotations, and what was written into them.
func leftInAPI(s story) []string {
	s.Helper()
	_, lists, err := s.c.Client().Discovery().ServerGroupsAndResources()
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		s.Fatal(err)
	}
	client, err := metadata.NewForConfig(s.c.RESTConfig())
	if err != nil {
		s.Fatal(err)
	}
	var left []string
	seen := 0
	for _, list := range lists {
		group, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			s.Fatal(err)
		}
		for _, resource := range list.APIResources {
			if !strings.Contains(fmt.Sprint(resource.Verbs), "list") {
				continue
			}
			objects, err := client.Resource(group.WithResource(resource.Name)).List(s.ctx, metav1.ListOptions{})
			if err != nil {
				continue // a kind that is on its way out
			}
			for i := range objects.Items {
				seen++
				if why := isOurs(resource.Name, &objects.Items[i].ObjectMeta); why != "" {
					left = append(left, fmt.Sprintf("%s %s/%s %s", resource.Name, objects.Items[i].Namespace, objects.Items[i].Name, why))
				}
			}
		}
	}
	if seen < 50 {
		s.Fatalf("the API lists %d objects: that nothing of ours is among them shows nothing", seen)
	}
	return left
}

// isOurs says why an object is; empty if it is not.
func isOurs(resource string, object *metav1.ObjectMeta) string {
	switch {
	case resource == "events":
		return "" // the API server forgets them within the hour
	case strings.Contains(object.Name, "inshore"):
		return "by its name"
	case object.Namespace == "inshore-system", object.Namespace == "inshore-agent":
		return "by its namespace"
	case object.Labels["app.kubernetes.io/part-of"] == "inshore", object.Labels["app.kubernetes.io/managed-by"] == "inshore":
		return "by its labels"
	case resource == "services", resource == "daemonsets":
		return ""
	}
	for _, entry := range object.ManagedFields {
		if strings.HasPrefix(entry.Manager, "inshore") {
			return "written by " + entry.Manager
		}
	}
	return ""
}
