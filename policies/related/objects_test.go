package related_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func metadata(name string, annotations ...string) input.Metadata {
	m := input.Metadata{Namespace: "core", Name: name, Annotations: map[string]string{"team": "cache"}}
	for _, key := range annotations {
		m.Annotations[key] = "x"
	}
	return m
}

func TestAnnotatedObjectsAreListed(t *testing.T) {
	store := &related.Store{}
	store.PutService(&input.Service{Metadata: metadata("b", v1alpha1.AnnotationNodeLocal)})
	store.PutService(&input.Service{Metadata: metadata("a", v1alpha1.AnnotationPrevious)})
	store.PutService(&input.Service{Metadata: metadata("plain")})
	store.PutDaemonSet(&input.DaemonSet{Metadata: metadata("d", v1alpha1.Prefix+"misspelt")})
	store.PutDaemonSet(&input.DaemonSet{Metadata: metadata("plain")})
	store.PutWorkload(&input.Workload{TypeMeta: input.TypeMeta{KindName: "Deployment"}, Metadata: metadata("w", v1alpha1.AnnotationNodeLocal)})

	var got []string
	for object := range store.Annotated("core") {
		got = append(got, string(object.Kind())+" "+object.Meta().Name)
		// The loop may change what it runs over.
		store.DeleteService("core", "a")
	}
	if want := []string{"DaemonSet d", "Service b"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q: sorted, ours only, without what is gone", got, want)
	}
	if got := store.Namespaces(); !slices.Equal(got, []string{"core"}) {
		t.Errorf("namespaces %q", got)
	}
	for object := range store.Annotated("elsewhere") {
		t.Errorf("%s in a namespace without objects", object.Meta().Name)
	}
}

func TestRecordOfWhatWasReplacedIsKept(t *testing.T) {
	store := &related.Store{}
	store.PutService(&input.Service{Metadata: metadata("a", v1alpha1.AnnotationPrevious)})
	for object := range store.Annotated("core") {
		if got := object.Meta().Annotations; len(got) != 1 || got[v1alpha1.AnnotationPrevious] != "x" {
			t.Errorf("annotations %v: an audit needs the record to see an opt-out that was missed", got)
		}
		return
	}
	t.Error("not listed")
}

func TestWhatAPolicyMayHoldForIsListed(t *testing.T) {
	store := &related.Store{}
	store.PutService(&input.Service{Metadata: metadata("b", v1alpha1.AnnotationNodeLocal)})
	store.PutService(&input.Service{Metadata: metadata("plain")})
	store.PutDaemonSet(&input.DaemonSet{Metadata: metadata("plain")})
	store.PutWorkload(&input.Workload{TypeMeta: input.TypeMeta{KindName: "Deployment"}, Metadata: metadata("w")})

	var got []string
	for object := range store.Judged("core") {
		got = append(got, string(object.Kind())+" "+object.Meta().Namespace+"/"+object.Meta().Name)
	}
	if want := []string{"DaemonSet core/plain", "Service core/b", "Service core/plain"}; !slices.Equal(got, want) {
		t.Errorf("listed %q, want %q: sorted, annotated or not, no workloads", got, want)
	}
}

func TestWhatFollowsAPolicyIsRelatedByTheWordsThatHold(t *testing.T) {
	store := &related.Store{}
	followed := v1alpha1.NewEnforcedBy("everyone", v1alpha1.Intent{NodeLocal: "required", NoLocalEndpoint: "fallback"}, "")
	s := service("mcrouter", labels{"app": "mcrouter"})
	s.Metadata.Annotations = map[string]string{
		v1alpha1.AnnotationEnforcedBy: followed.String(), v1alpha1.AnnotationNoLocalEndpoint: "drop",
	}
	store.PutService(s)
	found := store.For(daemonSet("mcrouter", labels{"app": "mcrouter"})).Services
	want := map[string]string{v1alpha1.AnnotationNodeLocal: "required", v1alpha1.AnnotationNoLocalEndpoint: "drop"}
	if len(found) != 1 || !maps.Equal(found[0].Metadata.Annotations, want) {
		t.Errorf("rules see %v, want %v: the policy's words under its own", found[0].Metadata.Annotations, want)
	}
}
