package related_test

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

type labels = map[string]string

func service(name string, selector labels) *input.Service {
	return &input.Service{
		Metadata: input.Metadata{Namespace: "core", Name: name},
		Spec:     input.ServiceSpec{Selector: selector},
	}
}

func template(pods labels) input.PodTemplate {
	return input.PodTemplate{Metadata: input.PodTemplateMetadata{Labels: pods}}
}

func daemonSet(name string, pods labels) *input.DaemonSet {
	return &input.DaemonSet{
		Metadata: input.Metadata{Namespace: "core", Name: name},
		Spec:     input.DaemonSetSpec{Template: template(pods)},
	}
}

func workload(kind, name string, pods labels) *input.Workload {
	return &input.Workload{
		TypeMeta: input.TypeMeta{KindName: kind},
		Metadata: input.Metadata{Namespace: "core", Name: name},
		Spec:     input.WorkloadSpec{Template: template(pods)},
	}
}

// names is what is related, as kind/name in the order given.
func names(related input.Related) []string {
	names := []string{}
	for _, d := range related.DaemonSets {
		names = append(names, "DaemonSet/"+d.Metadata.Name)
	}
	for _, w := range related.Workloads {
		names = append(names, w.KindName+"/"+w.Metadata.Name)
	}
	for _, s := range related.Services {
		names = append(names, "Service/"+s.Metadata.Name)
	}
	return names
}

func TestForFindsWhatSelectorsRelate(t *testing.T) {
	var store related.Store
	store.PutDaemonSet(daemonSet("router-b", labels{"app": "router", "set": "b"}))
	store.PutDaemonSet(daemonSet("router-a", labels{"app": "router", "set": "a"}))
	store.PutDaemonSet(daemonSet("unlabeled", nil))
	store.PutWorkload(workload("StatefulSet", "router", labels{"app": "router"}))
	store.PutWorkload(workload("Deployment", "router", labels{"app": "router"}))
	store.PutService(service("wide", labels{"app": "router"}))
	store.PutService(service("narrow", labels{"app": "router", "set": "a"}))
	store.PutService(service("empty", nil))
	elsewhere := service("elsewhere", labels{"app": "router"})
	elsewhere.Metadata.Namespace = "other"
	store.PutService(elsewhere)
	alias := service("alias", labels{"app": "router"})
	alias.Spec.Type = "ExternalName"
	store.PutService(alias)

	tests := map[string]struct {
		object input.Object
		want   []string
	}{
		"a Service has what it selects behind it, sorted by kind and name": {
			service("new", labels{"app": "router"}),
			[]string{"DaemonSet/router-a", "DaemonSet/router-b", "Deployment/router", "StatefulSet/router"},
		},
		"every label of a selector must match": {
			service("new", labels{"app": "router", "set": "b"}),
			[]string{"DaemonSet/router-b"},
		},
		"a value that no pod has selects nothing": {service("new", labels{"app": "router", "set": "c"}), []string{}},
		"an empty selector selects nothing":       {service("new", labels{}), []string{}},
		"no selector selects nothing":             {service("new", nil), []string{}},
		"an ExternalName Service selects nothing": {alias, []string{}},
		"other namespaces do not matter":          {elsewhere, []string{}},
		"a DaemonSet has the Services that select its pods": {
			daemonSet("new", labels{"app": "router", "set": "a", "extra": "x"}),
			[]string{"Service/narrow", "Service/wide"},
		},
		"a DaemonSet whose pods have fewer labels is selected by fewer": {
			daemonSet("new", labels{"app": "router"}),
			[]string{"Service/wide"},
		},
		"a DaemonSet without pod labels is selected by nothing": {daemonSet("new", nil), []string{}},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			if diff := cmp.Diff(test.want, names(store.For(test.object))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestForFindsNothingInAnEmptyStore(t *testing.T) {
	var store related.Store
	if got := names(store.For(service("a", labels{"app": "a"}))); len(got) > 0 {
		t.Errorf("found %v", got)
	}
	store.DeleteService("core", "a")
	store.DeleteDaemonSet("core", "a")
	store.DeleteWorkload("Deployment", "core", "a")
}

func TestPutReplaces(t *testing.T) {
	var store related.Store
	store.PutDaemonSet(daemonSet("router", labels{"app": "old"}))
	store.PutDaemonSet(daemonSet("router", labels{"app": "new"}))
	changed := daemonSet("router", labels{"app": "new"})
	changed.Spec.MinReadySeconds = 7
	store.PutDaemonSet(changed)

	if got := names(store.For(service("s", labels{"app": "old"}))); len(got) > 0 {
		t.Errorf("the old labels still find %v", got)
	}
	found := store.For(service("s", labels{"app": "new"})).DaemonSets
	if len(found) != 1 || found[0].Spec.MinReadySeconds != 7 {
		t.Errorf("want the newest DaemonSet once, got %+v", found)
	}
}

func TestPutTellsWhetherAnythingChanged(t *testing.T) {
	var store related.Store
	object := func() *input.DaemonSet { return daemonSet("router", labels{"app": "router"}) }
	if !store.PutDaemonSet(object()) {
		t.Error("a new object changed nothing")
	}
	// Often enough for the texts to become words, which changes how they are packed.
	for range 100 {
		if store.PutDaemonSet(object()) {
			t.Fatal("an equal object changed something")
		}
	}
	changed := object()
	changed.Spec.MinReadySeconds = 7
	if !store.PutDaemonSet(changed) {
		t.Error("a field changed nothing")
	}
	if !store.DeleteDaemonSet("core", "router") || store.DeleteDaemonSet("core", "router") {
		t.Error("want one deletion to change something")
	}
}

func TestWhatIsFoundIsTheCallers(t *testing.T) {
	var store related.Store
	object := daemonSet("router", labels{"app": "router"})
	store.PutDaemonSet(object)
	asked := service("s", labels{"app": "router"})
	store.For(asked).DaemonSets[0].Spec.Template.Metadata.Labels["app"] = "changed"
	object.Spec.Template.Metadata.Labels["app"] = "changed"
	if got := store.For(asked).DaemonSets[0].Spec.Template.Metadata.Labels["app"]; got != "router" {
		t.Errorf("the store's own object was changed to %q", got)
	}
}

func TestWhatIsPackedBeforehandIsTheSame(t *testing.T) {
	var packed, direct related.Store
	pods := labels{"app": "router"}
	packed.Put(related.PackDaemonSet(daemonSet("router", pods)))
	packed.Put(related.PackWorkload(workload("Deployment", "router", pods)))
	packed.Put(related.PackService(service("router", pods)))
	direct.PutDaemonSet(daemonSet("router", pods))
	direct.PutWorkload(workload("Deployment", "router", pods))
	direct.PutService(service("router", pods))
	for _, asked := range []input.Object{service("s", pods), daemonSet("d", pods)} {
		if diff := cmp.Diff(direct.For(asked), packed.For(asked)); diff != "" || len(names(packed.For(asked))) == 0 {
			t.Errorf("put directly (-), packed before (+):\n%s", diff)
		}
	}
	if packed.Put(related.PackService(service("router", pods))) {
		t.Error("an equal object changed something")
	}
}

func TestEachVisitsOneKindInAllNamespaces(t *testing.T) {
	var store related.Store
	store.PutDaemonSet(daemonSet("a", nil))
	store.PutWorkload(workload("Deployment", "b", nil))
	elsewhere := daemonSet("c", nil)
	elsewhere.Metadata.Namespace = "other"
	store.PutDaemonSet(elsewhere)
	var got []string
	store.Each("DaemonSet", func(namespace, name string) { got = append(got, namespace+"/"+name) })
	slices.Sort(got)
	store.PutNode(&input.Node{Metadata: input.NodeMetadata{Name: "n"}})
	store.PutNamespace(&input.Namespace{Name: "core"})
	store.Each("Node", func(namespace, name string) { got = append(got, namespace+"/"+name) })
	store.Each("Namespace", func(namespace, name string) { got = append(got, namespace+"/"+name) })
	if diff := cmp.Diff([]string{"core/a", "other/c", "/n", "/core"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestKindsOfOneNameAreApart(t *testing.T) {
	var store related.Store
	pods := labels{"app": "a"}
	store.PutDaemonSet(daemonSet("a", pods))
	store.PutWorkload(workload("Deployment", "a", pods))
	store.PutWorkload(workload("StatefulSet", "a", pods))
	store.DeleteWorkload("Deployment", "core", "a")
	want := []string{"DaemonSet/a", "StatefulSet/a"}
	if diff := cmp.Diff(want, names(store.For(service("s", pods)))); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyOurAnnotationsAreKept(t *testing.T) {
	var store related.Store
	object := daemonSet("a", labels{"app": "a"})
	object.Metadata.Annotations = labels{
		"inshore.dev/node-local":                           "required",
		"inshore.dev/previous":                             `{"/spec/minReadySeconds":{"to":1}}`,
		"kubectl.kubernetes.io/last-applied-configuration": "{}",
	}
	store.PutDaemonSet(object)
	kept := store.For(service("s", labels{"app": "a"})).DaemonSets[0].Metadata.Annotations
	want := labels{"inshore.dev/node-local": "required"}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	if len(object.Metadata.Annotations) != 3 {
		t.Error("the caller's object was changed")
	}
}

// The index must never answer otherwise than a look at every object would,
// whatever was put, replaced and deleted before.
func TestTheIndexAnswersAsALookAtEveryObjectWould(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var store related.Store
		services, daemonSets := map[string]labels{}, map[string]labels{}
		name := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		some := rapid.MapOfN(rapid.SampledFrom([]string{"x", "y", "z"}), rapid.SampledFrom([]string{"1", "2"}), 0, 3)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			name := name.Draw(t, "name")
			switch rapid.IntRange(0, 5).Draw(t, "step") {
			case 0, 1:
				services[name] = some.Draw(t, "selector")
				store.PutService(service(name, services[name]))
			case 2, 3:
				daemonSets[name] = some.Draw(t, "labels")
				store.PutDaemonSet(daemonSet(name, daemonSets[name]))
			case 4:
				delete(services, name)
				store.DeleteService("core", name)
			case 5:
				delete(daemonSets, name)
				store.DeleteDaemonSet("core", name)
			}
			asked := some.Draw(t, "asked")
			behind, inFront := []string{}, []string{}
			for _, name := range slices.Sorted(maps.Keys(daemonSets)) {
				if selects(asked, daemonSets[name]) {
					behind = append(behind, "DaemonSet/"+name)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(services)) {
				if selects(services[name], asked) {
					inFront = append(inFront, "Service/"+name)
				}
			}
			if diff := cmp.Diff(behind, names(store.For(service("s", asked)))); diff != "" {
				t.Fatalf("behind a Service that selects %v: %s", asked, diff)
			}
			if diff := cmp.Diff(inFront, names(store.For(daemonSet("d", asked)))); diff != "" {
				t.Fatalf("in front of pods with %v: %s", asked, diff)
			}
		}
	})
}

// selects is the meaning of a selector, written down once more.
func selects(selector, pods labels) bool {
	if len(selector) == 0 {
		return false
	}
	for key, value := range selector {
		if pods[key] != value {
			return false
		}
	}
	return true
}

// Run with -race, this fails on any access without the lock.
func TestAStoreIsSafeForConcurrentUse(t *testing.T) {
	var store related.Store
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 200 {
				name := fmt.Sprint(i % 10)
				pods := labels{"app": fmt.Sprint((i + worker) % 3)}
				store.PutDaemonSet(daemonSet(name, pods))
				store.PutService(service(name, pods))
				for _, d := range store.For(service("s", pods)).DaemonSets {
					if d.Spec.Template.Metadata.Labels["app"] != pods["app"] {
						t.Errorf("a Service of %v found %v", pods, d.Spec.Template.Metadata.Labels)
					}
				}
				store.DeleteDaemonSet("core", name)
				store.DeleteService("core", name)
			}
		})
	}
	group.Wait()
}

func BenchmarkFor(b *testing.B) {
	var store related.Store
	for i := range 10_000 {
		pods := labels{
			"app.kubernetes.io/name":       fmt.Sprintf("daemon-%d", i),
			"app.kubernetes.io/component":  "daemon",
			"app.kubernetes.io/managed-by": "Helm",
		}
		store.PutDaemonSet(daemonSet(fmt.Sprintf("daemon-%d", i), pods))
		store.PutService(service(fmt.Sprintf("daemon-%d", i), pods))
	}
	pods := labels{"app.kubernetes.io/name": "daemon-77", "app.kubernetes.io/component": "daemon"}
	for kind, object := range map[string]input.Object{
		"service": service("s", pods), "daemonset": daemonSet("d", labels{
			"app.kubernetes.io/name": "daemon-77", "app.kubernetes.io/component": "daemon", "app.kubernetes.io/managed-by": "Helm",
		}),
	} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(names(store.For(object))) != 1 {
					b.Fatal("want one object")
				}
			}
		})
	}
}
