package related

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
)

func TestAWholeObjectKeepsWhatAStoreDoesNot(t *testing.T) {
	meta := input.Metadata{
		Name: "a", Namespace: "core", Labels: map[string]string{"b": "c"},
		Annotations: map[string]string{"inshore.dev/node-local": "required", "example.com/owner": "d"},
	}
	daemonSet := &input.DaemonSet{TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "DaemonSet"}, Metadata: meta}
	daemonSet.Spec.Template.Spec.Containers = []input.Container{{Name: "e", ReadinessProbe: new(input.Present)}}
	service := &input.Service{TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: "Service"}, Metadata: meta}
	service.Spec.Selector = map[string]string{"f": "g"}
	for _, object := range []input.Object{daemonSet, service} {
		if diff := cmp.Diff(object, PackWhole(object).Object()); diff != "" {
			t.Errorf("%s (-packed +unpacked):\n%s", object.Kind(), diff)
		}
	}
}
