package churn

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestAServiceWithoutItsMutationIsAtFault(t *testing.T) {
	s := (&object{name: "a"}).service()
	s.Spec.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyCluster)
	if serviceFault(s) == "" {
		t.Error("a Service as its client writes it is as it should be")
	}
	s.Spec.InternalTrafficPolicy = ptr.To(corev1.ServiceInternalTrafficPolicyLocal)
	s.Labels = map[string]string{v1alpha1.LabelNodeLocal: "required"}
	if fault := serviceFault(s); fault != "" {
		t.Error(fault)
	}
	s.Annotations[v1alpha1.AnnotationNodeLocal] = "preferred"
	if fault := serviceFault(s); !strings.Contains(fault, "preferred") {
		t.Errorf("after a turn that admission missed: %q", fault)
	}
}

func TestADaemonSetWithoutItsMutationIsAtFault(t *testing.T) {
	d := (&object{name: "a", daemonSet: true}).set(0)
	if setFault(d) == "" {
		t.Error("a DaemonSet as its client writes it is as it should be")
	}
	d.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{
		MaxSurge: ptr.To(intstr.FromInt32(1)), MaxUnavailable: ptr.To(intstr.FromInt32(0)),
	}
	if fault := setFault(d); fault != "" {
		t.Error(fault)
	}
	d.Annotations[v1alpha1.AnnotationMaxSurge] = "2"
	if fault := setFault(d); fault == "" {
		t.Error("after a turn that admission missed it is as it should be")
	}
}

func TestAMistakeIsToldFromWhatIsRight(t *testing.T) {
	o := object{name: "a", daemonSet: true}
	if forbidden(o.set(0)) || !forbidden(o.set(hostPort)) {
		t.Error("a port of the host is not told from none")
	}
}
