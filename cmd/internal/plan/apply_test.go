package plan

import (
	"encoding/json"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// applied are objects after the patches of a plan, as an API server would make
// them.
func applied(t *testing.T, p *Plan, objects []runtime.Object) []runtime.Object {
	t.Helper()
	var after []runtime.Object
	for _, object := range objects {
		switch object := object.(type) {
		case *corev1.Service:
			after = append(after, patched(t, p, v1alpha1.KindService, object.Namespace, object.Name, object, &corev1.Service{}))
		case *appsv1.DaemonSet:
			after = append(after, patched(t, p, v1alpha1.KindDaemonSet, object.Namespace, object.Name, object, &appsv1.DaemonSet{}))
		}
	}
	return after
}

// patched reads the object with its patch applied into another; an object without
// a patch stays what it is.
func patched(t *testing.T, p *Plan, kind v1alpha1.Kind, namespace, name string, object, into runtime.Object) runtime.Object {
	t.Helper()
	for _, part := range p.Policies {
		for _, change := range part.Changes {
			if change.Kind != kind || change.Namespace != namespace || change.Name != name {
				continue
			}
			patch, err := jsonpatch.DecodePatch(change.Patch.AppendJSON(nil))
			if err != nil {
				t.Fatal(err)
			}
			after, err := patch.Apply([]byte(text(t, object)))
			if err != nil {
				t.Fatalf("%s: %v", change.Object, err)
			}
			if err := json.Unmarshal(after, into); err != nil {
				t.Fatal(err)
			}
			return into
		}
	}
	return object
}

// text is an object as JSON.
func text(t *testing.T, object runtime.Object) string {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
