package scenarios

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// platformPolicy is a platform team's policy for everybody, with %s for its enforcement.
const platformPolicy = `
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: platform}
spec:
  services: {nodeLocal: required}
  daemonSets: {nodeLocal: required, drain: 2s}
  enforcement: %s
  rollout: {objectsPerMinute: 600}
`

// platform is a platform team that turns node-local on for everybody, and the cache of a team that never asked for it.
type platform struct {
	story
	cache *stage.Cache
	// service and daemonSet are what the team wrote.
	service, daemonSet map[string]any
}

// enforcesForEverybody takes a policy from Audit to Enforce and away again.
func enforcesForEverybody(s story, cache *stage.Cache) {
	s.kubectl("", "apply", "-f", "testdata/platform.yaml")
	defer s.kubectl("", "delete", "-f", "testdata/platform.yaml")
	p := platform{story: s, cache: cache, service: s.specOf("service/memcached"), daemonSet: s.specOf("daemonset/memcached")}
	p.kubectl(fmt.Sprintf(platformPolicy, "Audit"), "apply", "-f", "-")
	for _, part := range []struct {
		sentence string
		tell     func(platform)
	}{
		{"in Audit a policy counts, and leaves kube-system out", audits},
		{"a plan says beforehand what would change", plans},
		{"in Warn it tells whoever writes", warns},
		{"in Enforce it reaches what exists and what is created, and refuses what cannot be", enforces},
		{"a team opts out, and in again", optsOutOfPolicy},
		{"an exception lets one object in", excepts},
		{"of two policies the one with the higher priority holds", disagrees},
		{"deleted, it undoes what it did and nothing else", deletesPolicy},
	} {
		s.run(part.sentence, func(s story) {
			told := p
			told.story = s
			part.tell(told)
		})
	}
}

// policy reads a NodeLocalPolicy.
func (s story) policy(name string) (p v1alpha1.NodeLocalPolicy) {
	s.Helper()
	if err := json.Unmarshal([]byte(s.kubectl("", "get", "nodelocalpolicy/"+name, "-o", "json")), &p); err != nil {
		s.Fatal(err)
	}
	return p
}

// stands waits until the status of a policy as it is today counts as many objects that it holds for, that follow it and
// that would break a rule, and nothing is left to do.
func (s story) stands(name string, matched, enforced, violating int32) v1alpha1.NodeLocalPolicy {
	s.Helper()
	var p v1alpha1.NodeLocalPolicy
	want := [...]int32{matched, enforced, violating, 0}
	s.wait("the status of "+name, func() (bool, string) {
		p = s.policy(name)
		got := [...]int32{p.Status.Matched, p.Status.Enforced, p.Status.Violating, p.Status.Pending}
		done := p.Status.ObservedGeneration == p.Generation && got == want &&
			!meta.IsStatusConditionTrue(p.Status.Conditions, v1alpha1.ConditionProgressing)
		return done, fmt.Sprintf("matched, enforced, violating, pending are %v, want %v; generation %d of %d; %+v",
			got, want, p.Status.ObservedGeneration, p.Generation, p.Status.Conditions)
	})
	return p
}

// inOriginal fails if the cache is not as its team wrote it.
func (p platform) inOriginal() {
	p.Helper()
	if diff := cmp.Diff(p.service, p.specOf("service/memcached")); diff != "" {
		p.Errorf("the Service is not as it was (-before +now):\n%s", diff)
	}
	if diff := cmp.Diff(p.daemonSet, p.specOf("daemonset/memcached")); diff != "" {
		p.Errorf("the DaemonSet is not as it was (-before +now):\n%s", diff)
	}
}

func audits(p platform) {
	// The Services and DaemonSets of the cache and of the metrics. The latter's DaemonSet would break a rule, and so would
	// its Service, whose calls would stay where pods are replaced with a gap.
	audited := p.stands("platform", 4, 0, 2)
	guarded := meta.FindStatusCondition(audited.Status.Conditions, v1alpha1.ConditionGuarded)
	if guarded == nil || guarded.Status != "True" || !strings.Contains(guarded.Message, "kube-system") {
		p.Errorf("the policy does not say that it leaves kube-system out: %+v", guarded)
	}
	p.inOriginal()
	// Enforced and pending are none.
	line := strings.Fields(p.kubectl("", "get", "nlp", "platform", "--no-headers"))
	line = slices.DeleteFunc(line, func(column string) bool { return column == "0" })
	if want := []string{"platform", "Audit", "4", "2", "True"}; len(line) < len(want) || !slices.Equal(line[:len(want)], want) {
		p.Errorf("kubectl get nlp prints %v, want %v", line, want)
	}
}

func plans(p platform) {
	binary, err := cluster.BuildGo(p.ctx, "./cmd/inshore")
	if err != nil {
		p.Fatal(err)
	}
	file := filepath.Join(p.TempDir(), "platform.yaml")
	if err := os.WriteFile(file, []byte(fmt.Sprintf(platformPolicy, "Enforce")), 0o600); err != nil {
		p.Fatal(err)
	}
	out, err := exec.CommandContext(p.ctx, binary, "plan", "--kubeconfig", p.c.Kubeconfig(), "-f", file).CombinedOutput()
	if err != nil {
		p.Fatalf("inshore plan: %v: %s", err, out)
	}
	p.Logf("%s", out)
	says(p.story, string(out), "memcached", "internalTrafficPolicy", "maxSurge", "ISH201")
	if strings.Contains(string(out), "DaemonSet names") || strings.Contains(string(out), "Service names") {
		p.Errorf("the plan has objects of kube-system:\n%s", out)
	}
	p.inOriginal()
}

// daemonWithHostPort is another team's, behind the Service of the metrics.
const daemonWithHostPort = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: more-metrics, namespace: shop}
spec:
  selector: {matchLabels: {app: metrics, more: "yes"}}
  template:
    metadata: {labels: {app: metrics, more: "yes"}}
    spec:
      nodeSelector: {inshore-e2e/runs: nowhere}
      containers:
        - name: metrics
          image: docker.io/local/metrics:e2e
          ports: [{containerPort: 9100, hostPort: 9200}]
          readinessProbe: {tcpSocket: {port: 9100}}
`

// tries creates the daemon with a host port as a dry run and returns what was said, as a warning or a refusal.
func (p platform) tries() string {
	p.Helper()
	_, err := p.c.Kubectl(p.ctx, daemonWithHostPort, "create", "--dry-run=server", "--warnings-as-errors", "-f", "-")
	return fmt.Sprint(err)
}

func warns(p platform) {
	p.kubectl(fmt.Sprintf(platformPolicy, "Warn"), "apply", "-f", "-")
	p.wait("admission to warn of a host port", func() (bool, string) {
		said := p.tries()
		return strings.Contains(said, "ISH201") && !strings.Contains(said, "denied the request"), said
	})
	p.stands("platform", 4, 0, 2)
	p.inOriginal()
}

// follows waits until an object of the cache follows a policy.
func (p platform) follows(object, policy string) {
	p.Helper()
	p.wait(object+" to follow "+policy, func() (bool, string) {
		record := p.get(object, `{.metadata.annotations.inshore\.dev/enforced-by}`)
		return strings.Contains(record, fmt.Sprintf("%q:%q", "policy", policy)), record
	})
}

func (p platform) staysHome() {
	p.Helper()
	p.kubectl("", "-n", "cache", "rollout", "status", "daemonset/memcached", "--timeout=120s")
	if err := p.cache.Mark(p.ctx); err != nil {
		p.Fatal(err)
	}
	if err := p.cache.SettleAtHome(p.ctx); err != nil {
		p.Fatal(err)
	}
	if local, total := p.callsAtHome(p.cache); local != total {
		p.Errorf("%d of %d calls stayed on their node, want all", local, total)
	}
}

func enforces(p platform) {
	p.kubectl(fmt.Sprintf(platformPolicy, "Enforce"), "apply", "-f", "-")
	// The metrics are left as they are.
	p.stands("platform", 4, 2, 2)
	p.follows("daemonset/memcached", "platform")
	p.follows("service/memcached", "platform")
	p.field("service/memcached", "{.spec.internalTrafficPolicy}", "Local")
	p.field("daemonset/memcached", "{.spec.updateStrategy.rollingUpdate.maxUnavailable}", "0")
	p.staysHome()

	says(p.story, p.refused(daemonWithHostPort, "create", "-f", "-"), "denied the request", "ISH201", "platform")
	second := strings.NewReplacer("name: memcached\n  namespace: cache", "name: second\n  namespace: cache").Replace(
		strings.SplitN(stage.YAML("memcached"), "---", 3)[1])
	if got := p.kubectl(second, "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}"); got != "Local" {
		p.Errorf("a Service that is created under the policy has internalTrafficPolicy %s", got)
	}
	if touched := p.kubectl("", "-n", "kube-system", "get", "service/names", "daemonset/names", "-o", "yaml"); strings.Contains(touched, "inshore.dev/") {
		p.Errorf("kube-system was not left alone:\n%s", touched)
	}
}

func optsOutOfPolicy(p platform) {
	p.kubectl("", "-n", "cache", "annotate", "service/memcached", "inshore.dev/node-local=disabled")
	p.field("service/memcached", "{.spec.internalTrafficPolicy}", "Cluster")
	// The policy holds for it, and lets it go its own way.
	p.stands("platform", 4, 1, 2)
	p.kubectl("", "-n", "cache", "annotate", "service/memcached", "inshore.dev/node-local-")
	p.stands("platform", 4, 2, 2)
	p.field("service/memcached", "{.spec.internalTrafficPolicy}", "Local")
}

func excepts(p platform) {
	exception := fmt.Sprintf(`
  exceptions:
    - {rule: ISH201, object: {kind: DaemonSet, namespace: shop, name: more-metrics}, owner: team shop, reason: moves next month, expires: %q}
`, time.Now().Add(24*time.Hour).UTC().Format(time.RFC3339))
	p.kubectl(fmt.Sprintf(platformPolicy, "Enforce")+exception, "apply", "-f", "-")
	p.wait("admission to know the exception", func() (bool, string) {
		said := p.tries()
		return !strings.Contains(said, "denied the request"), said
	})
	p.kubectl(fmt.Sprintf(platformPolicy, "Enforce"), "apply", "-f", "-")
}

// louder is a policy of the cache's platform team that disagrees.
const louder = `
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: louder}
spec:
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: cache}}
  priority: 10
  services: {nodeLocal: preferred}
  enforcement: Enforce
  rollout: {objectsPerMinute: 600}
`

func disagrees(p platform) {
	// It says nothing of DaemonSets, and so leaves them to the other.
	p.kubectl(louder, "apply", "-f", "-")
	p.follows("service/memcached", "louder")
	p.field("service/memcached", "{.spec.trafficDistribution}", "PreferSameNode")
	settled := p.stands("louder", 1, 1, 0)
	if progress := meta.FindStatusCondition(settled.Status.Conditions, v1alpha1.ConditionProgressing); progress == nil || progress.Reason != "Complete" {
		p.Errorf("the roll-out of louder says %+v", progress)
	}
	p.kubectl("", "delete", "nodelocalpolicy/louder")
	p.follows("service/memcached", "platform")
	p.field("service/memcached", "{.spec.internalTrafficPolicy}", "Local")
	p.stands("platform", 4, 2, 2)
}

func deletesPolicy(p platform) {
	p.kubectl("", "delete", "nodelocalpolicy/platform")
	for _, object := range []string{"daemonset/memcached", "service/memcached"} {
		p.wait(object+" to follow no policy", func() (bool, string) {
			record := p.get(object, `{.metadata.annotations.inshore\.dev/enforced-by}`)
			return record == "", record
		})
	}
	p.inOriginal()
	p.kubectl("", "-n", "cache", "rollout", "status", "daemonset/memcached", "--timeout=120s")
	if err := p.cache.Mark(p.ctx); err != nil {
		p.Fatal(err)
	}
	if err := p.cache.SettleAbroad(p.ctx); err != nil {
		p.Fatal(err)
	}
	entries := p.kubectl("", "get", "mutatingwebhookconfiguration/inshore-mutate", "validatingwebhookconfiguration/inshore-validate", "-o", "yaml")
	if strings.Contains(entries, "name: policy-") {
		p.Errorf("entries of policies stay in the webhook configurations:\n%s", entries)
	}
}
