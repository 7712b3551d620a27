package registration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/nodelocalpolicies"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// unordered compares entries by name, wherever they stand.
var unordered = cmp.Options{
	cmpopts.EquateEmpty(),
	cmpopts.SortSlices(func(a, b admissionv1.MutatingWebhook) bool { return a.Name < b.Name }),
	cmpopts.SortSlices(func(a, b admissionv1.ValidatingWebhook) bool { return a.Name < b.Name }),
}

// history counts the versions of the two configurations.
type history struct {
	mu       sync.Mutex
	versions map[string]int
}

func record(t *testing.T) *history {
	t.Helper()
	h := &history{versions: map[string]int{}}
	admission := shared.Client().AdmissionregistrationV1()
	mutate, err := admission.MutatingWebhookConfigurations().Watch(t.Context(), metav1.SingleObject(metav1.ObjectMeta{Name: registration.MutateName}))
	if err != nil {
		t.Fatal(err)
	}
	validate, err := admission.ValidatingWebhookConfigurations().Watch(t.Context(), metav1.SingleObject(metav1.ObjectMeta{Name: registration.ValidateName}))
	if err != nil {
		t.Fatal(err)
	}
	for name, w := range map[string]watch.Interface{registration.MutateName: mutate, registration.ValidateName: validate} {
		t.Cleanup(w.Stop)
		go func() {
			for event := range w.ResultChan() {
				if event.Type == watch.Modified {
					h.mu.Lock()
					h.versions[name]++
					h.mu.Unlock()
				}
			}
		}()
	}
	return h
}

func (h *history) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.versions[registration.MutateName] + h.versions[registration.ValidateName]
}

// editor edits policies, and keeps account of how often what they mean for the
// configurations changed.
type editor struct {
	t        *testing.T
	api      *rest.RESTClient
	r        *rand.Rand
	policies map[string]*v1alpha1.NodeLocalPolicy
	mutate   *admissionv1.MutatingWebhookConfiguration
	validate *admissionv1.ValidatingWebhookConfiguration
	// meaning is what the configurations should hold; changes counts how often that
	// became something else, each configuration by itself.
	meaning [2]any
	changes int
}

func (e *editor) set() *enforcement.Set {
	var all []*v1alpha1.NodeLocalPolicy
	for _, policy := range e.policies {
		all = append(all, policy)
	}
	return enforcement.New(all)
}

// edit changes one policy in one way, some of which change nothing for the API
// server.
func (e *editor) edit() {
	e.t.Helper()
	name := fmt.Sprintf("p%d", e.r.IntN(4))
	policy := e.policies[name]
	switch {
	case policy == nil:
		policy = &v1alpha1.NodeLocalPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}}
		policy.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("NodeLocalPolicy"))
		policy.Spec.Enforcement, policy.Spec.OptOut = v1alpha1.EnforcementAudit, v1alpha1.OptOutAllowed
		policy.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	case e.r.IntN(6) == 0:
		policy = nil
	default:
		policy = policy.DeepCopy()
		e.change(&policy.Spec)
	}
	e.put(name, policy)
	e.account()
}

// put writes a policy, or deletes it if it is nil.
func (e *editor) put(name string, policy *v1alpha1.NodeLocalPolicy) {
	e.t.Helper()
	request := e.api.Delete().Resource("nodelocalpolicies").Name(name)
	delete(e.policies, name)
	if policy != nil {
		e.policies[name] = policy
		text, err := json.Marshal(policy)
		if err != nil {
			e.t.Fatal(err)
		}
		request = e.api.Patch(types.ApplyPatchType).Resource("nodelocalpolicies").Name(name).
			Param("fieldManager", "editor").Param("force", "true").Body(text)
	}
	if err := request.Do(e.t.Context()).Error(); err != nil {
		e.t.Fatal(err)
	}
}

func (e *editor) change(spec *v1alpha1.NodeLocalPolicySpec) {
	switch e.r.IntN(6) {
	case 0:
		spec.Priority++ // means nothing to the API server
	case 1:
		spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": fmt.Sprint(e.r.IntN(3))}}
	case 2:
		spec.NamespaceSelector = nil
	case 3:
		spec.DaemonSets = &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	default:
		spec.Enforcement = []v1alpha1.Enforcement{v1alpha1.EnforcementAudit, v1alpha1.EnforcementWarn, v1alpha1.EnforcementEnforce}[e.r.IntN(3)]
	}
}

func (e *editor) account() {
	set := e.set()
	for i, now := range [2]any{registration.DeriveMutating(e.mutate, set), registration.DeriveValidating(e.validate, set)} {
		if !cmp.Equal(e.meaning[i], now, unordered) {
			e.meaning[i] = now
			e.changes++
		}
	}
}

// edits is how many policies are edited, half of them without waiting for what becomes of it.
const edits = 100

func TestThreeReplicasAgree(t *testing.T) {
	_, address, bundle := listen(t)
	register(t, configurations(t, address, bundle))
	all := startReplicas(t, 3)
	h := record(t)
	e := &editor{t: t, r: rand.New(rand.NewPCG(1, 2)), policies: map[string]*v1alpha1.NodeLocalPolicy{}}
	transport, err := rest.HTTPClientFor(shared.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	if e.api, err = nodelocalpolicies.NewClient(shared.RESTConfig(), transport); err != nil {
		t.Fatal(err)
	}
	if e.mutate, err = getMutating(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.validate, err = getValidating(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.meaning = [2]any{[]admissionv1.MutatingWebhook{}, []admissionv1.ValidatingWebhook{}}
	for range edits / 2 {
		e.edit()
		awaitEntries(t, e.set())
	}
	agree(t, h, all, "one after the other", func(written int) bool { return written == e.changes }, e.changes)
	slow, before := e.changes, h.count()
	for range edits - edits/2 {
		e.edit()
	}
	awaitEntries(t, e.set())
	fast := e.changes - slow
	// What is overtaken by the next edit need not be written.
	agree(t, h, all, "without waiting", func(written int) bool { return written-before <= fast }, before+fast)

	for name := range e.policies {
		e.put(name, nil)
	}
	awaitEntries(t, nil)
	mutate, err := getMutating(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	base := cmpopts.IgnoreFields(metav1.ObjectMeta{}, "ResourceVersion", "Generation", "ManagedFields")
	if difference := cmp.Diff(e.mutate, mutate, base, cmpopts.EquateEmpty()); difference != "" {
		t.Errorf("without policies the configuration is not what was applied:\n%s", difference)
	}
	t.Logf("%d changes of meaning, %d versions, %d writes refused because another replica was first", e.changes, h.count(), all.refused.Load())
}

// agree holds what was written so far to what should have been, and to staying so.
func agree(t *testing.T, h *history, all *replicas, how string, right func(written int) bool, want int) {
	t.Helper()
	settle(t, h)
	written := h.count()
	if !right(written) || int64(written) != all.written.Load() {
		t.Errorf("edits %s: %d versions of the configurations, %d patches accepted; want %d", how, written, all.written.Load(), want)
	}
	t.Logf("edits %s: %d versions for at most %d changes of meaning, %d writes refused", how, written, want, all.refused.Load())
}

// settle lets replicas that have yet to look do so: they wait for at most a tenth
// of a second before they write, and a second before they look again at what they
// could not. Nothing tells that somebody is not going to write.
func settle(t *testing.T, h *history) {
	t.Helper()
	before := h.count()
	select {
	case <-t.Context().Done():
	case <-time.After(3 * time.Second):
	}
	if after := h.count(); after != before {
		t.Errorf("%d versions were written after the configurations were right", after-before)
	}
}
