package govern_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// object is a whole Kubernetes object.
type object = map[string]any

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

var engine = sync.OnceValue(func() *policies.Engine {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		panic(err)
	}
	return engine
})

// world is a cluster of two objects: a DaemonSet and the Service in front of it.
type world struct {
	objects  map[v1alpha1.Kind]object
	policies []*v1alpha1.NodeLocalPolicy
	// workload answers the Service beside the DaemonSet.
	workload bool
	review   bool
}

func newWorld(service, daemonSet object) *world {
	return &world{objects: map[v1alpha1.Kind]object{v1alpha1.KindService: service, v1alpha1.KindDaemonSet: daemonSet}}
}

func (w *world) rules() validate.Rules {
	return validate.Rules{
		Engine: engine(), Enforcement: enforcement.New(w.policies), Exceptions: policies.NewExceptions(w.policies),
		Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
}

func (w *world) store(t fataler) *related.Store {
	store := &related.Store{}
	for _, o := range w.objects {
		switch o := project(t, o).(type) {
		case *input.Service:
			store.PutService(o)
		case *input.DaemonSet:
			store.PutDaemonSet(o)
		}
	}
	if w.workload {
		store.PutWorkload(&input.Workload{
			TypeMeta: input.TypeMeta{KindName: "Deployment"}, Metadata: input.Metadata{Namespace: "core", Name: "web"},
			Spec: input.WorkloadSpec{Template: input.PodTemplate{Metadata: input.PodTemplateMetadata{Labels: map[string]string{"app": "mcrouter", "tier": "web"}}}},
		})
	}
	store.PutNamespace(&input.Namespace{Name: "core", Labels: map[string]string{"kubernetes.io/metadata.name": "core", "team": "cache"}})
	return store
}

// request is what admission is sent; old is nil on a create.
func (w *world) request(t fataler, sent, old object) *govern.Request {
	store := w.store(t)
	r := &govern.Request{
		Object: project(t, sent), Operation: input.OperationCreate, Namespace: store.Namespace("core"),
		Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
		Related:  store.For, Review: w.review,
	}
	if old != nil {
		r.OldObject, r.Operation = project(t, old), input.OperationUpdate
	}
	return r
}

// admission is what becomes of an object on its way in.
type admission struct {
	object   object
	mutation mutate.Result
	verdict  govern.Verdict
}

// send sends an object through both phases, without storing it.
func (w *world) send(t fataler, sent, old object) admission {
	t.Helper()
	a := admission{object: sent}
	a.mutation, _ = govern.Mutate(context.Background(), w.rules(), w.request(t, sent, old))
	a.object = apply(t, sent, a.mutation.Patch)
	again, _ := govern.Mutate(context.Background(), w.rules(), w.request(t, a.object, old))
	if len(again.Patch) > 0 {
		t.Fatalf("reinvoked, it writes more: %s", again.Patch.AppendJSON(nil))
	}
	a.verdict = govern.Validate(context.Background(), w.rules(), w.request(t, a.object, old))
	return a
}

// update stores what admission makes of an update, unless it is denied.
func (w *world) update(t fataler, sent object) admission {
	t.Helper()
	kind := kindOf(sent)
	a := w.send(t, sent, w.objects[kind])
	if !a.verdict.Denied() {
		w.objects[kind] = a.object
	}
	return a
}

// target is where a stored object stands.
func (w *world) target(t fataler, kind v1alpha1.Kind) govern.Position {
	return govern.Target(context.Background(), w.rules(), w.request(t, w.objects[kind], w.objects[kind]))
}

// rollOut writes what is pending, DaemonSets first, until nothing is.
func (w *world) rollOut(t fataler) {
	t.Helper()
	for range 5 {
		wrote := false
		for _, kind := range []v1alpha1.Kind{v1alpha1.KindDaemonSet, v1alpha1.KindService} {
			position := w.target(t, kind)
			if position.Standing != govern.Pending {
				continue
			}
			wrote = true
			want := apply(t, w.objects[kind], position.Rollout.Patch)
			if a := w.update(t, want); a.verdict.Denied() || string(encode(t, a.object)) != string(encode(t, want)) {
				t.Fatalf("admission makes of the roll-out's patch %s:\n%s\n%v", position.Rollout.Patch.AppendJSON(nil), encode(t, a.object), a.verdict.Results)
			}
		}
		if !wrote {
			return
		}
	}
	t.Fatalf("the roll-out never ends")
}

func kindOf(o object) v1alpha1.Kind { return v1alpha1.Kind(o["kind"].(string)) }

func project(t fataler, o object) input.Object {
	if kindOf(o) == v1alpha1.KindService {
		return decode[input.Service](t, encode(t, o))
	}
	return decode[input.DaemonSet](t, encode(t, o))
}

func encode(t fataler, o object) []byte {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatalf("encoding: %v", err)
	}
	return text
}

func decode[T any](t fataler, text []byte) *T {
	t.Helper()
	value := new(T)
	if err := json.Unmarshal(text, value); err != nil {
		t.Fatalf("decoding %s: %v", text, err)
	}
	return value
}

func clone(t fataler, o object) object { return *decode[object](t, encode(t, o)) }

func apply(t fataler, o object, patch mutate.Patch) object {
	t.Helper()
	decoded, err := jsonpatch.DecodePatch(patch.AppendJSON(nil))
	if err != nil {
		t.Fatalf("the patch is no RFC 6902: %v", err)
	}
	patched, err := decoded.Apply(encode(t, o))
	if err != nil {
		t.Fatalf("the patch does not apply: %v: %s to %s", err, patch.AppendJSON(nil), encode(t, o))
	}
	return *decode[object](t, patched)
}

// annotate is an object with annotations set, or taken off where a value is empty.
func annotate(t fataler, o object, annotations map[string]string) object {
	o = clone(t, o)
	metadata := o["metadata"].(object)
	all, _ := metadata["annotations"].(object)
	if all == nil {
		all = object{}
	}
	for key, value := range annotations {
		if all[key] = value; value == "" {
			delete(all, key)
		}
	}
	if metadata["annotations"] = all; len(all) == 0 {
		delete(metadata, "annotations")
	}
	return o
}

// annotation is one of an object's; empty if it has none.
func annotation(o object, key string) string {
	all, _ := o["metadata"].(object)["annotations"].(object)
	value, _ := all[key].(string)
	return value
}

func service() object {
	return object{
		"apiVersion": "v1", "kind": "Service", "metadata": object{"name": "mcrouter", "namespace": "core"},
		"spec": object{
			"type": "ClusterIP", "clusterIP": "10.0.0.7", "selector": object{"app": "mcrouter"}, "internalTrafficPolicy": "Cluster",
			"ports": []any{object{"port": 11211.0}},
		},
	}
}

func daemonSet() object {
	return object{
		"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": object{"name": "mcrouter", "namespace": "core"},
		"spec": object{
			"selector":       object{"matchLabels": object{"app": "mcrouter"}},
			"updateStrategy": object{"type": "RollingUpdate", "rollingUpdate": object{"maxSurge": 0.0, "maxUnavailable": 1.0}},
			"template": object{"metadata": object{"labels": object{"app": "mcrouter"}}, "spec": object{
				"terminationGracePeriodSeconds": 30.0,
				"containers": []any{object{
					"name": "mcrouter", "image": "mcrouter:1", "readinessProbe": object{"tcpSocket": object{"port": 11211.0}},
					"ports": []any{object{"containerPort": 11211.0}},
				}},
			}},
		},
	}
}

// container is the DaemonSet's.
func container(o object) object {
	return o["spec"].(object)["template"].(object)["spec"].(object)["containers"].([]any)[0].(object)
}

func hostPort(o object) { container(o)["ports"].([]any)[0].(object)["hostPort"] = 11211.0 }

// everyone is a policy for all that there is.
func everyone(enforces v1alpha1.Enforcement, changes ...func(*v1alpha1.NodeLocalPolicySpec)) *v1alpha1.NodeLocalPolicy {
	p := &v1alpha1.NodeLocalPolicy{}
	p.Name, p.Spec.Enforcement = "everyone", enforces
	p.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	p.Spec.DaemonSets = &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	for _, change := range changes {
		change(&p.Spec)
	}
	return p
}

func forbidden(spec *v1alpha1.NodeLocalPolicySpec) { spec.OptOut = v1alpha1.OptOutForbidden }

func preferred(spec *v1alpha1.NodeLocalPolicySpec) {
	spec.Services.NodeLocal, spec.DaemonSets.NodeLocal = v1alpha1.NodeLocalPreferred, v1alpha1.NodeLocalPreferred
}

// recordOf is what a policy writes into objects of a kind.
func recordOf(p *v1alpha1.NodeLocalPolicy, kind v1alpha1.Kind) string {
	return enforcement.New([]*v1alpha1.NodeLocalPolicy{p}).Policies()[0].Record(kind)
}

// ids are the rules of results, sorted.
func ids(results []policies.Result) []string {
	var found []string
	for _, result := range results {
		found = append(found, string(result.Severity)+" "+result.ID)
	}
	slices.Sort(found)
	return found
}
