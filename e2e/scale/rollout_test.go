package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

// rollouts is a cluster of teams under policies.
type rollouts struct {
	t          *testing.T
	ctx        context.Context
	c          *cluster.Cluster
	fleet      fleet
	audit      auditLog
	controller *daemonController
	replicas   []*replica
	before     map[string]string
}

// newRollouts fills a cluster and starts two replicas of the webhook.
func newRollouts(ctx context.Context, t *testing.T, name string, f fleet) *rollouts {
	t.Helper()
	audit, err := newAuditLog(t.TempDir(), ourUser)
	if err != nil {
		t.Fatal(err)
	}
	r := &rollouts{t: t, ctx: ctx, fleet: f, audit: audit, c: start(ctx, t, name, audit)}
	client, err := unlimited(r.c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	r.controller = &daemonController{client: client, takes: 100 * time.Millisecond, replacing: map[types.NamespacedName]bool{}}
	working, stop := context.WithCancel(ctx)
	t.Cleanup(stop)
	go r.controller.run(working)
	began := time.Now()
	if err := f.create(ctx, r.c.RESTConfig()); err != nil {
		t.Fatal(err)
	}
	r.wait("DaemonSets to run", func() (bool, string) {
		list, err := client.AppsV1().DaemonSets("").List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err.Error()
		}
		for i := range list.Items {
			if d := &list.Items[i]; d.Status.ObservedGeneration < d.Generation {
				return false, d.Namespace + "/" + d.Name + " does not"
			}
		}
		return true, ""
	})
	r.before = r.picture()
	r.replicas = startReplicas(ctx, t, r.c)
	r.controller.count()
	t.Logf("%d Services and %d DaemonSets in %d namespaces, two replicas after %.0f s", f.allServices(), f.daemonSets(), f.namespaces, time.Since(began).Seconds())
	return r
}

func (r *rollouts) wait(what string, check func() (bool, string)) {
	r.t.Helper()
	err := cluster.Wait(r.ctx, what, 40*time.Minute, func(context.Context) (bool, string, error) {
		ok, text := check()
		return ok, text, nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rollouts) picture() map[string]string {
	r.t.Helper()
	p, err := picture(r.ctx, r.c.Client())
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

const policiesPath = "/apis/inshore.dev/v1alpha1/nodelocalpolicies"

// apply makes a policy what it says.
func (r *rollouts) apply(name, spec string) {
	r.t.Helper()
	apply(r.ctx, r.t, r.c, fmt.Sprintf("{apiVersion: inshore.dev/v1alpha1, kind: NodeLocalPolicy, metadata: {name: %s}, spec: %s}", name, spec))
}

// edit merges into a policy's spec.
func (r *rollouts) edit(name, spec string) {
	r.t.Helper()
	err := r.c.Client().Discovery().RESTClient().Patch(types.MergePatchType).AbsPath(policiesPath, name).
		Body([]byte(`{"spec": ` + spec + `}`)).Do(r.ctx).Error()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rollouts) delete(name string) {
	r.t.Helper()
	if err := r.c.Client().Discovery().RESTClient().Delete().AbsPath(policiesPath, name).Do(r.ctx).Error(); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rollouts) policy(name string) v1alpha1.NodeLocalPolicy {
	r.t.Helper()
	text, err := r.c.Client().Discovery().RESTClient().Get().AbsPath(policiesPath, name).DoRaw(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	var policy v1alpha1.NodeLocalPolicy
	if err := json.Unmarshal(text, &policy); err != nil {
		r.t.Fatal(err)
	}
	return policy
}

// condition is the status and the reason of a condition.
func condition(p v1alpha1.NodeLocalPolicy, name string) string {
	for _, c := range p.Status.Conditions {
		if c.Type == name {
			return string(c.Status) + " " + c.Reason
		}
	}
	return "none"
}

// says waits until the status of a policy is about what it says today, and that.
func (r *rollouts) says(name, progressing string, enforced, pending int) {
	r.t.Helper()
	r.wait("policy "+name+" to be "+progressing, func() (bool, string) {
		p := r.policy(name)
		s := p.Status
		return s.ObservedGeneration == p.Generation && condition(p, v1alpha1.ConditionProgressing) == progressing &&
			int(s.Enforced) == enforced && int(s.Pending) == pending, fmt.Sprintf("generation %d, status %+v", p.Generation, s)
	})
}

// following counts the objects that follow a policy.
func (r *rollouts) following(name string) int {
	r.t.Helper()
	n := 0
	for _, object := range r.picture() {
		if strings.Contains(object, `{\"policy\":\"`+name+`\"`) {
			n++
		}
	}
	return n
}

// unchanged checks that every object is what it was before there was any policy.
func (r *rollouts) unchanged() {
	r.t.Helper()
	if diff := cmp.Diff(r.before, r.picture()); diff != "" {
		r.t.Fatalf("not as before, byte for byte: %.4000s", diff)
	}
}

// changes are our writes to Services and DaemonSets since a time.
func (r *rollouts) changes(since time.Time) []write {
	r.t.Helper()
	writes, err := r.audit.writes()
	if err != nil {
		r.t.Fatal(err)
	}
	var changes []write
	for _, w := range writes {
		if w.at.After(since) && (w.resource == "services" || w.resource == "daemonsets.apps") && w.code < 300 {
			changes = append(changes, w)
		}
	}
	return changes
}

// jitter is how far a request may be from its turn on a busy machine.
const jitter = time.Second

// paced checks that in no stretch of time, however short, there were more changes
// than the pace allows, and returns the pace that was reached.
func (r *rollouts) paced(since time.Time, perMinute int) float64 {
	r.t.Helper()
	changes := r.changes(since)
	for i := range changes {
		for j := i + 1; j < len(changes); j++ {
			took := changes[j].at.Sub(changes[i].at)
			if allowed := 2 + int((took+jitter).Minutes()*float64(perMinute)); j-i+1 > allowed && took > 0 {
				r.t.Fatalf("%d changes within %s, want at most %d a minute", j-i+1, took, perMinute)
			}
		}
	}
	if len(changes) < 2 {
		return 0
	}
	return float64(len(changes)-1) / changes[len(changes)-1].at.Sub(changes[0].at).Minutes()
}

// unthrottled checks that the API server never slowed us down, nor anybody. It
// answers 429 to a watch of a kind, too, whose CRD it has not finished installing.
func (r *rollouts) unthrottled() {
	r.t.Helper()
	text, err := r.c.Client().Discovery().RESTClient().Get().AbsPath("/metrics").DoRaw(r.ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "apiserver_flowcontrol_rejected_requests_total{") && !strings.HasSuffix(strings.TrimSpace(line), " 0") ||
			strings.HasPrefix(line, "apiserver_request_total{") && strings.Contains(line, `code="429"`) && !strings.Contains(line, `resource="nodelocalpolicies"`) {
			r.t.Errorf("the API server throttled: %s", line)
		}
	}
}

// killLeader kills the replica that leads. impatient does what half a minute does,
// and has the other one lead at its next look.
func (r *rollouts) killLeader(impatient bool) {
	r.t.Helper()
	leader(r.ctx, r.t, r.replicas).kill()
	if impatient {
		if err := r.c.Client().CoordinationV1().Leases(ourNamespace).Delete(r.ctx, "inshore-webhook", metav1.DeleteOptions{}); err != nil {
			r.t.Fatal(err)
		}
	}
}

// everyone is a policy for everybody, with pods replaced for its drain.
func everyone(enforcement string, perMinute, maxUnready int) string {
	return fmt.Sprintf(`{enforcement: %s, services: {nodeLocal: required}, daemonSets: {nodeLocal: required, drain: 5s},
		rollout: {objectsPerMinute: %d, maxUnreadyDaemonSets: %d}}`, enforcement, perMinute, maxUnready)
}

// TestAPolicyReachesWhatExists is the life of two policies among teams that never
// heard of them, in small; with -tags soak there is one in large.
func TestAPolicyReachesWhatExists(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	const perMinute, maxUnready = 1200, 4
	r := newRollouts(ctx, t, "rollout", fleet{namespaces: 6, daemons: 2, services: 5})
	start := time.Now()
	all, first := r.fleet.objects(), r.fleet.daemons*(1+r.fleet.services)

	// Two policies that disagree on the first namespace.
	r.apply("everyone", everyone("Audit", perMinute, maxUnready))
	r.apply("first", `{priority: 10, enforcement: Enforce, namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: team-000}},
		services: {nodeLocal: preferred}, daemonSets: {nodeLocal: required}, rollout: {objectsPerMinute: 1200}}`)
	r.says("first", "False Complete", first, 0)
	r.says("everyone", "False NotEnforced", 0, 0)
	if p := r.policy("everyone"); int(p.Status.Matched) != all-first || p.Status.Violating != 0 || condition(p, v1alpha1.ConditionGuarded) != "True SystemNamespaces" {
		t.Errorf("the status of a policy that audits is %+v, want %d objects matched", p.Status, all-first)
	}

	// The roll-out, with its leader killed and a hundred edits in the middle.
	began := time.Now()
	r.edit("everyone", `{"enforcement": "Enforce"}`)
	r.wait("a third of the roll-out", func() (bool, string) { n := r.following("everyone"); return n >= all/3, fmt.Sprint(n) })
	r.killLeader(true)
	r.burst()
	r.says("everyone", "False Complete", all-first, 0)
	t.Logf("rolled out at %.0f a minute", r.paced(began, perMinute))
	changes := map[string]int{}
	for _, w := range r.changes(began) {
		changes[w.resource+" "+w.namespace+"/"+w.name]++
	}
	for object, n := range changes {
		// Edits are about Services: those that had been changed are changed once more.
		if daemonSet := strings.HasPrefix(object, "daemonsets"); daemonSet && n > 1 || n > 2 || strings.Contains(object, " team-000/") {
			t.Errorf("%s was changed %d times", object, n)
		}
	}
	if len(changes) != all-first {
		t.Errorf("%d objects were changed, want %d", len(changes), all-first)
	}
	if n := r.controller.mostAtOnce(); n > maxUnready+1 {
		t.Errorf("%d DaemonSets were replaced at once, want at most %d of one policy and one of the other", n, maxUnready)
	}
	r.guarded()

	// One is switched off, the other deleted in the middle of its roll-out.
	began = time.Now()
	r.edit("first", `{"services": {"nodeLocal": "required", "noLocalEndpoint": "drop"}, "rollout": {"objectsPerMinute": 120}}`)
	r.edit("everyone", `{"enforcement": "Audit"}`)
	r.wait("a part of the roll-out", func() (bool, string) {
		s := r.policy("first").Status
		return s.Pending > 0 && s.Enforced > 2, fmt.Sprintf("%+v", s)
	})
	r.delete("first")
	r.says("everyone", "False NotEnforced", 0, 0)
	r.wait("the undo", func() (bool, string) { n := r.following("first"); return n == 0, fmt.Sprint(n) })
	r.paced(began, perMinute+120)
	r.unchanged()
	r.unthrottled()
	t.Logf("after %.0f s", time.Since(start).Seconds())
}

// guarded checks that what no policy named is as it was.
func (r *rollouts) guarded() {
	r.t.Helper()
	now := r.picture()
	for key, object := range r.before {
		if strings.Contains(key, " kube-system/") && now[key] != object {
			r.t.Errorf("%s is in a guarded namespace and was changed", key)
		}
	}
}

// burst edits the policy a hundred times.
func (r *rollouts) burst() {
	r.t.Helper()
	for i := range 100 {
		r.edit("everyone", fmt.Sprintf(`{"services": {"noLocalEndpoint": %q}}`, []string{"fallback", "drop"}[i%2]))
		time.Sleep(30 * time.Millisecond)
	}
}
