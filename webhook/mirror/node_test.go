package mirror

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func TestANodeIsItsLabelsAndTaints(t *testing.T) {
	same(t, ProjectNode, `{"kind": "Node", "metadata": {"name": "a", "labels": {"zone": "b"}, "uid": "x"},
		"spec": {"podCIDR": "10.244.0.0/24", "taints": [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}]}, "status": {"phase": "x"}}`,
		`{"metadata": {}, "spec": {}}`)
}

func TestNodesAreKeptAndForgotten(t *testing.T) {
	store := &related.Store{}
	s := newSink("Node", store, func(key cache.ObjectName) { store.DeleteNode(key.Name) })
	told := 0
	s.changed = func(namespace string) {
		if told++; namespace != "" {
			t.Errorf("told that %q changed, want all", namespace)
		}
	}
	nodes := source[*corev1.Node]{project: func(n *corev1.Node) any { return ProjectNode(n) }}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a", Labels: map[string]string{"zone": "b"}}}
	p, err := nodes.projected(node)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second is a heartbeat
		if err := s.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	daemon := &input.DaemonSet{}
	if got := store.For(daemon).Nodes; got == nil || got.Known != 1 || got.Reached != 1 {
		t.Errorf("got %+v, want one node", got)
	}
	if err := s.Delete(p); err != nil {
		t.Fatal(err)
	}
	if got := store.For(daemon).Nodes; got != nil {
		t.Errorf("got %+v, want no node", got)
	}
	if told != 2 {
		t.Errorf("told %d times, want when it came and when it went", told)
	}
}

func TestNamespacesAreKeptAndForgotten(t *testing.T) {
	store := &related.Store{}
	s := newSink("Namespace", store, func(key cache.ObjectName) { store.DeleteNamespace(key.Name) })
	var told []string
	s.changed = func(namespace string) { told = append(told, namespace) }
	namespaces := source[*metav1.PartialObjectMetadata]{project: func(n *metav1.PartialObjectMetadata) any { return projectNamespace(n) }}
	p, err := namespaces.projected(&metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Name: "core", Labels: map[string]string{"team": "storage"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Add(p); err != nil {
			t.Fatal(err)
		}
	}
	if got := store.Namespace("core"); got.Name != "core" || got.Labels["team"] != "storage" {
		t.Errorf("got %+v", got)
	}
	if err := s.Delete(p); err != nil {
		t.Fatal(err)
	}
	if got := store.Namespace("core"); got.Name != "core" || got.Labels != nil {
		t.Errorf("got %+v, want no labels", got)
	}
	if want := []string{"core", "core"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q: it came and it went", told, want)
	}
}
