package parity

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/corpus"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// auditor inspects what is stored in the API server.
type auditor struct {
	rules  validate.Rules
	client *client
}

func newAuditor(t *testing.T) *auditor {
	t.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &auditor{validate.Rules{Engine: engine}, newClient(t, userRaw)}
}

// compare inspects every object that is stored and annotated, and holds the
// findings and the missed mutations against the case.
func (a *auditor) compare(t *testing.T, c *corpus.Case, refused []string) (objects int) {
	t.Helper()
	store := new(related.Store)
	stored := map[string]map[string]any{}
	for _, kind := range []string{"Node", "Service", "DaemonSet", "Deployment", "StatefulSet"} {
		list, err := a.client.Resource(resources[kind]).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range list.Items {
			// A list leaves out what its items are.
			item.SetKind(kind)
			stored[corpus.Object(kind, item.GetNamespace(), item.GetName())] = item.Object
			put(t, store, kind, toJSON(t, item.Object))
		}
	}
	rules, objectsOf := a.rules, store.Annotated
	if c.Policies != nil {
		found, err := c.NodeLocalPolicies()
		if err != nil {
			t.Fatal(err)
		}
		rules.Enforcement, objectsOf = enforcement.New(found), store.Judged
	}
	for _, namespace := range store.Namespaces() {
		for object := range objectsOf(namespace) {
			meta := object.Meta()
			name := corpus.Object(string(object.Kind()), meta.Namespace, meta.Name)
			inspection := audit.Inspect(t.Context(), rules, c.Platform, store, object)
			if position := inspection.Position; position.Standing == govern.Pending {
				// What admission writes into what is created, the roll-out does here.
				inspection.Decision, inspection.Mutation = position.Trial, position.Rollout
			}
			objects++
			a.compareOne(t, c, name, stored[name], inspection)
		}
	}
	for _, v := range c.Verdicts {
		if stored[v.Object] == nil && !slices.Contains(refused, v.Object) {
			t.Errorf("audit did not see %s", v.Object)
		}
	}
	return objects
}

func (a *auditor) compareOne(t *testing.T, c *corpus.Case, name string, stored map[string]any, inspection audit.Inspection) {
	t.Helper()
	var got []corpus.Verdict
	for _, r := range inspection.Decision.Results {
		got = append(got, compared(corpus.Verdict{
			Severity: string(r.Severity), ID: r.ID, Object: name, Field: r.Field, Message: r.Message,
		}))
	}
	if diff := cmp.Diff(wanted(c, name, all), sorted(got)); diff != "" {
		t.Errorf("%s: audit: got (+), wanted (-):\n%s", name, diff)
	}
	if diff := compareMutations(c, name, stored, patched(t, stored, inspection.Mutation.Patch)); diff != "" {
		t.Errorf("%s: audit: missed mutation: got (+), wanted (-):\n%s", name, diff)
	}
}

func patched(t *testing.T, stored map[string]any, patch mutate.Patch) map[string]any {
	t.Helper()
	if len(patch) == 0 {
		return stored
	}
	var after map[string]any
	if err := json.Unmarshal(applyPatch(t, toJSON(t, stored), patch.AppendJSON(nil)), &after); err != nil {
		t.Fatal(err)
	}
	return after
}

func put(t *testing.T, store *related.Store, kind string, text []byte) {
	t.Helper()
	switch kind {
	case "Service":
		store.PutService(decode[input.Service](t, text))
	case "DaemonSet":
		store.PutDaemonSet(decode[input.DaemonSet](t, text))
	case "Node":
		store.PutNode(decode[input.Node](t, text))
	default:
		store.PutWorkload(decode[input.Workload](t, text))
	}
}

func decode[T any](t *testing.T, text []byte) *T {
	t.Helper()
	object := new(T)
	if err := json.Unmarshal(text, object); err != nil {
		t.Fatal(err)
	}
	return object
}

// auditByHand is `inshore audit` on what is stored, as people run it.
func auditByHand(t *testing.T, c *corpus.Case, refused []string) {
	t.Helper()
	gate := c.Platform.ReadinessGate
	if gate == "" {
		gate = v1alpha1.ReadinessGateNone
	}
	var r report
	out := inshore(t.Context(), t, "audit", "-o", "json", "--kubeconfig", shared.Kubeconfig(), "--readiness-gate", string(gate))
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	var got []corpus.Verdict
	for _, result := range r.Results {
		got = append(got, compared(corpus.Verdict{
			Severity: result.Severity, ID: result.ID, Object: corpus.Object(result.Kind, result.Namespace, result.Name),
			Field: result.Field, Message: result.Message,
		}))
	}
	var want []corpus.Verdict
	for _, v := range c.Verdicts {
		if !slices.Contains(refused, v.Object) {
			want = append(want, compared(v))
		}
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("inshore audit: got (+), wanted (-):\n%s", diff)
	}
}
