package policies_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

func TestSmoke(t *testing.T) {
	e, err := policies.New(t.Context(), policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	one := intstr.FromInt32(1)
	doc := &input.Document{
		Object: &input.DaemonSet{
			Metadata: input.Metadata{Name: "a", Namespace: "b"},
			Spec: input.DaemonSetSpec{
				UpdateStrategy: &input.UpdateStrategy{RollingUpdate: &input.RollingUpdate{MaxSurge: &one}},
				Template: input.PodTemplate{Spec: input.PodSpec{
					Containers: []input.Container{{Name: "x", Ports: []input.ContainerPort{{HostPort: 80}}}},
				}}},
		},
		Intent: v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
	}
	t.Logf("%+v", e.Evaluate(t.Context(), doc))
	t.Logf("%+v", e.Rules())
}
