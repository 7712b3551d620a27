package parity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/policies/corpus"
)

func TestParity(t *testing.T) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	cases, err := corpus.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	applyCRD(t)
	for _, gate := range gates {
		startWebhook(t, gate)
		applyNative(t, gate)
	}
	w := &world{
		raw: newClient(t, userRaw), clients: map[string]*client{}, words: newWords(t), expressed: expressed(t), audit: newAuditor(t),
	}
	for _, gate := range gates {
		for _, prefix := range []string{userWebhook, userGoverned, userNative} {
			w.clients[prefix+string(gate)] = newClient(t, prefix+string(gate))
		}
	}
	w.settle(t)
	counts := map[corpus.Door]int{}
	t.Run("native/opting out says what it leaves", func(t *testing.T) { optingOut(t, w) })
	t.Run("review", func(t *testing.T) { counts[corpus.DoorReview] = reviewAll(t, cases) })
	for _, c := range cases {
		t.Run("cluster/"+c.Name, func(t *testing.T) { w.run(t, c, counts) })
	}
	t.Logf("%d cases; objects compared: %v", len(cases), counts)
}

// world is the API server with everything in force.
type world struct {
	raw       *client
	clients   map[string]*client
	words     words
	expressed map[string]bool
	audit     *auditor
}

// settle returns once every set of configurations is in force: an API server
// learns of them by a watch.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for name, client := range w.clients {
		object := service(map[string]string{"inshore.dev/node-local": "required"})
		wrong := service(map[string]string{"inshore.dev/node-local": "requird"})
		err := cluster.Wait(t.Context(), name+" to be in force", time.Minute, func(ctx context.Context) (bool, string, error) {
			mutated, refused := client.write(ctx, object, false, true), client.write(ctx, wrong, false, true)
			policy, _, _ := unstructured.NestedString(mutated.object, "spec", "internalTrafficPolicy")
			return policy == "Local" && refused.err != nil, fmt.Sprint(policy, mutated.err, refused.err), nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// service is one without fault but for its annotations.
func service(annotations map[string]string) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{"namespace": "default", "name": "probe"},
		"spec":     map[string]any{"selector": map[string]any{"app": "probe"}, "ports": []any{map[string]any{"port": int64(1)}}},
	}}
	object.SetAnnotations(annotations)
	return object
}

// run sends a case through the doors that the API server has. Its objects are
// there as they were before Inshore while each of them is asked about in turn.
func (w *world) run(t *testing.T, c *corpus.Case, counts map[corpus.Door]int) {
	if !c.Goes(corpus.DoorAdmission) && !c.Goes(corpus.DoorAudit) && !c.Goes(corpus.DoorNative) {
		return
	}
	defer w.policies(t, c)()
	input, stored := read(t, c.Input), read(t, c.Stored)
	there := stored
	if c.Stored == nil {
		there = input
	}
	refused := w.create(t, there)
	defer func() {
		for _, m := range there {
			w.raw.delete(context.Background(), asObject(m))
		}
	}()
	if diff := cmp.Diff(c.Refused, refused); diff != "" && (len(c.Refused) > 0 || len(refused) > 0) {
		t.Errorf("the API server's own validation refuses others (+) than the case says (-):\n%s", diff)
	}
	if c.Goes(corpus.DoorAudit) {
		counts[corpus.DoorAudit] += w.audit.compare(t, c, refused)
		if breaksOneRule.MatchString(c.Name) {
			auditByHand(t, c, refused) // a process each: for all cases it would take minutes
		}
	}
	for _, m := range input {
		update := slices.ContainsFunc(stored, func(s corpus.Manifest) bool { return s.Name() == m.Name() })
		if slices.Contains(refused, m.Name()) || !update && !m.Judged() && (c.Policies == nil || !m.Governed()) {
			continue
		}
		if !update {
			w.raw.delete(t.Context(), asObject(m))
		}
		if c.Goes(corpus.DoorAdmission) {
			counts[corpus.DoorAdmission]++
			w.compare(t, c, m, update, door(c), w.words.webhook, all)
		}
		if c.Goes(corpus.DoorNative) {
			counts[corpus.DoorNative]++
			w.compare(t, c, m, update, user(userNative, c), w.words.native, func(v corpus.Verdict) bool { return w.expressed[v.ID] })
		} else if c.Policies != nil {
			counts[doorNativeSkipped]++
		}
		if !update {
			if a := w.raw.write(t.Context(), asObject(m), false, false); a.err != nil {
				t.Fatal(a.err)
			}
		}
	}
}

// doorNativeSkipped counts the objects under a NodeLocalPolicy that the native
// policies are not asked about: they are rendered beforehand and know none, which
// docs/native.md says.
const doorNativeSkipped corpus.Door = "not native: NodeLocalPolicies"

var breaksOneRule = regexp.MustCompile(`^rule-.*-bad$`)

func all(corpus.Verdict) bool { return true }

func read(t *testing.T, documents []byte) []corpus.Manifest {
	t.Helper()
	manifests, err := corpus.Manifests(documents)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(manifests, func(m corpus.Manifest) bool { return resources[m.Kind()].Resource == "" })
}

// create creates objects as they are, and tells which of them the API server
// finds invalid.
func (w *world) create(t *testing.T, manifests []corpus.Manifest) (refused []string) {
	t.Helper()
	for _, m := range manifests {
		object := asObject(m)
		if namespace := object.GetNamespace(); namespace != "" {
			w.raw.write(t.Context(), &unstructured.Unstructured{Object: map[string]any{
				"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespace},
			}}, false, false)
		}
		switch a := w.raw.write(t.Context(), object, false, false); {
		case apierrors.IsInvalid(a.err), apierrors.IsBadRequest(a.err):
			t.Logf("refused: %v", a.err)
			refused = append(refused, m.Name())
		case a.err != nil && (m.Namespaced() || !apierrors.IsAlreadyExists(a.err)):
			t.Fatal(a.err)
		}
	}
	return refused
}

// compare asks about one object by a dry run until the answer is the wanted one
// or does not become it: what is related to it reaches the webhook by a watch.
func (w *world) compare(
	t *testing.T, c *corpus.Case, m corpus.Manifest, update bool, user string,
	findings func(object string, a answer) ([]corpus.Verdict, error), keep func(corpus.Verdict) bool,
) {
	t.Helper()
	want := wanted(c, m.Name(), keep)
	native := strings.HasPrefix(user, userNative)
	if native {
		want = withoutDidYouMean(want)
	}
	var got []corpus.Verdict
	var a answer
	var mutations string
	err := cluster.Wait(t.Context(), "the wanted verdict", 3*time.Second, func(ctx context.Context) (bool, string, error) {
		a = w.clients[user].write(ctx, asObject(m), update, true)
		found, err := findings(m.Name(), a)
		if err != nil {
			return false, "", err
		}
		got, mutations = sorted(found), ""
		if a.err == nil {
			base := w.raw.write(ctx, asObject(m), update, true)
			if base.err != nil {
				return false, "", base.err
			}
			mutations = compareMutations(c, m.Name(), base.object, a.object)
		}
		return cmp.Equal(want, got) && mutations == "", "", nil
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s: got (+), wanted (-):\n%s", m.Name(), user, diff)
	} else if mutations != "" {
		t.Errorf("%s: %s: mutation: got (+), wanted (-):\n%s", m.Name(), user, mutations)
	} else if err != nil {
		t.Fatalf("%s: %s: %v", m.Name(), user, err)
	}
	if a.err != nil {
		return // refused: the object does not come back
	}
	w.again(t, m.Name(), a.object, update, user)
}

// again sends what came back: mutation must find nothing left to do.
func (w *world) again(t *testing.T, name string, mutated map[string]any, update bool, user string) {
	t.Helper()
	object := (&unstructured.Unstructured{Object: mutated}).DeepCopy()
	for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"} {
		unstructured.RemoveNestedField(object.Object, "metadata", field)
	}
	if !update {
		forget(object.Object)
	}
	a := w.clients[user].write(t.Context(), object, update, true)
	if a.err != nil {
		t.Fatalf("%s: %s: what was admitted is refused: %v", name, user, a.err)
	}
	for _, change := range corpus.Changes(name, mutated, a.object) {
		if ours(change.Pointer) {
			t.Errorf("%s: %s: mutating the result changes %s to %s", name, user, change.Pointer, change.Value)
		}
	}
}

// forget removes what a dry run allocated for show: it is not to be had again.
func forget(object map[string]any) {
	if clusterIP, _, _ := unstructured.NestedString(object, "spec", "clusterIP"); clusterIP != "None" {
		unstructured.RemoveNestedField(object, "spec", "clusterIP")
		unstructured.RemoveNestedField(object, "spec", "clusterIPs")
	}
	unstructured.RemoveNestedField(object, "spec", "healthCheckNodePort")
	ports, _, _ := unstructured.NestedSlice(object, "spec", "ports")
	for _, port := range ports {
		delete(port.(map[string]any), "nodePort")
	}
	if len(ports) > 0 {
		_ = unstructured.SetNestedSlice(object, ports, "spec", "ports") // it was read from there
	}
}

// compareMutations holds an object that was written with us in force against the
// same without us, and both against the case.
func compareMutations(c *corpus.Case, object string, base, mutated map[string]any) string {
	want, got := map[string]string{}, map[string]string{}
	for _, m := range c.Mutations {
		if m.Object == object {
			want[m.Pointer], got[m.Pointer] = string(m.Value), string(corpus.At(mutated, m.Pointer))
		}
	}
	for _, change := range corpus.Changes(object, base, mutated) {
		if ours(change.Pointer) {
			got[change.Pointer] = string(change.Value)
		}
	}
	for pointer, value := range got {
		// What mutation removes gets the API server's default, if it has one.
		if was, is := want[pointer]; is && was == "" && value == string(corpus.At(base, pointer)) {
			got[pointer] = ""
		}
	}
	return cmp.Diff(lines(want), lines(got))
}

func lines(fields map[string]string) []string {
	var all []string
	for _, pointer := range slices.Sorted(maps.Keys(fields)) {
		all = append(all, pointer+" "+fields[pointer])
	}
	return all
}

// ours reports whether a difference can be mutation's: not what the API server
// allocates for each request or counts (a pod template that mutation changes is
// one more), and not the record, which holds defaults that a file has not.
func ours(pointer string) bool {
	return !allocated.MatchString(pointer) && pointer != "/metadata/annotations/inshore.dev~1previous" &&
		pointer != "/metadata/annotations/deprecated.daemonset.template.generation" &&
		(strings.HasPrefix(pointer, "/spec/") || strings.HasPrefix(pointer, "/metadata/labels/") ||
			strings.HasPrefix(pointer, "/metadata/annotations/"))
}

var allocated = regexp.MustCompile(`^/spec/(clusterIPs?(/\d+)?|ports/\d+/nodePort|healthCheckNodePort)$`)

// toJSON is a value as the API server has it: with numbers as JSON decodes them.
func toJSON(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
