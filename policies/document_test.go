package policies_test

import (
	"bytes"
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

// readDocument reads a YAML file as a front door would: the first object is
// judged, and the others are there to be related to it.
func readDocument(t testing.TB, path string) *input.Document {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parseDocument(t, path, source)
}

func parseDocument(t testing.TB, name string, source []byte) *input.Document {
	t.Helper()
	var judged input.Object
	var store related.Store
	for _, part := range bytes.Split(source, []byte("\n---\n")) {
		object := parseObject(t, name, part, &store)
		if judged == nil {
			judged = object
		}
	}
	if judged == nil {
		t.Fatalf("%s: the first object is neither a Service nor a DaemonSet", name)
	}
	intent, errs := v1alpha1.Parse(judged.Kind(), judged.Meta().Annotations)
	if len(errs) > 0 {
		t.Fatalf("%s: %v", name, errs.ToAggregate())
	}
	return &input.Document{
		Object:    judged,
		Operation: input.OperationCreate,
		Namespace: input.Namespace{Name: judged.Meta().Namespace},
		Intent:    intent,
		Platform:  v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
		Related:   store.For(judged),
	}
}

// parseObject puts an object into the store, and returns it if it is of a kind
// that is judged.
func parseObject(t testing.TB, name string, source []byte, store *related.Store) input.Object {
	t.Helper()
	var meta input.TypeMeta
	unmarshal(t, name, source, &meta)
	strictly(t, name, source, meta)
	switch meta.KindName {
	case "Service":
		object := &input.Service{}
		unmarshal(t, name, source, object)
		store.PutService(object)
		return object
	case "DaemonSet":
		object := &input.DaemonSet{}
		unmarshal(t, name, source, object)
		store.PutDaemonSet(object)
		return object
	case "Node":
		object := &input.Node{}
		unmarshal(t, name, source, object)
		store.PutNode(object)
		return nil
	}
	object := &input.Workload{}
	unmarshal(t, name, source, object)
	store.PutWorkload(object)
	return nil
}

func unmarshal(t testing.TB, name string, source []byte, into any) {
	t.Helper()
	if err := yaml.Unmarshal(source, into); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
}

// strictly reads an object as the API server does: an example with a mistyped
// or misplaced field would teach the wrong thing.
func strictly(t testing.TB, name string, source []byte, meta input.TypeMeta) {
	t.Helper()
	object, err := scheme.Scheme.New(schema.FromAPIVersionAndKind(meta.APIVersion, meta.KindName))
	if err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
	if err := yaml.UnmarshalStrict(source, object); err != nil {
		t.Fatalf("reading %s: %v", name, err)
	}
}
