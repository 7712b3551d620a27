package churn

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// object is one of a client's Services or DaemonSets.
type object struct {
	name      string
	daemonSet bool
	// turns counts its updates: each changes the words, and so the fields that they stand for.
	turns int
	// missed says that its last write came back without the mutation, and is counted as such.
	missed bool
}

func (o *object) String() string {
	if o.daemonSet {
		return "DaemonSet " + o.name
	}
	return "Service " + o.name
}

// Words of Services and of DaemonSets before and after an update, in turns.
var (
	serviceWords   = []v1alpha1.NodeLocal{v1alpha1.NodeLocalRequired, v1alpha1.NodeLocalPreferred}
	daemonSetWords = []string{"1", "2"}
)

func (o *object) service() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name:        o.name,
			Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: string(serviceWords[0])},
		},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": o.name}, Ports: []corev1.ServicePort{{Port: 80}}},
	}
}

// set is a DaemonSet that fits on no node: it costs the cluster no pods.
func (o *object) set(hostPort int32) *appsv1.DaemonSet {
	labels := map[string]string{"app": o.name}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{
			Name: o.name,
			Annotations: map[string]string{
				v1alpha1.AnnotationNodeLocal: string(v1alpha1.NodeLocalRequired),
				v1alpha1.AnnotationMaxSurge:  daemonSetWords[0],
			},
		},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					NodeSelector: map[string]string{"inshore-e2e/stream": "nowhere"},
					Containers:   containers(hostPort),
				},
			},
		},
	}
}

// containers are those of a DaemonSet. One with a port of its host's is what ISH201 refuses.
func containers(hostPort int32) []corev1.Container {
	return []corev1.Container{{
		Name: "server", Image: "docker.io/local/none:e2e",
		Ports: []corev1.ContainerPort{{ContainerPort: 80, HostPort: hostPort}},
		ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
			TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(80)},
		}},
	}}
}

// turn is a merge patch that changes the object's words.
func (o *object) turn() string {
	key, word := v1alpha1.AnnotationNodeLocal, string(serviceWords[o.turns%2])
	if o.daemonSet {
		key, word = v1alpha1.AnnotationMaxSurge, daemonSetWords[o.turns%2]
	}
	return fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, key, word)
}

// serviceFault says what of a Service is not as its annotation asks for; "" if nothing is.
func serviceFault(s *corev1.Service) string {
	policy, distribution := "", ""
	if s.Spec.InternalTrafficPolicy != nil {
		policy = string(*s.Spec.InternalTrafficPolicy)
	}
	if s.Spec.TrafficDistribution != nil {
		distribution = *s.Spec.TrafficDistribution
	}
	word := s.Annotations[v1alpha1.AnnotationNodeLocal]
	want := map[string][2]string{
		string(v1alpha1.NodeLocalRequired):  {"Local", ""},
		string(v1alpha1.NodeLocalPreferred): {"Cluster", "PreferSameNode"},
	}[word]
	if got := [2]string{policy, distribution}; got != want || s.Labels[v1alpha1.LabelNodeLocal] != word {
		return fmt.Sprintf("%s is %q, but internalTrafficPolicy and trafficDistribution are %q, the label %q",
			v1alpha1.AnnotationNodeLocal, word, got, s.Labels[v1alpha1.LabelNodeLocal])
	}
	return ""
}

// setFault is [serviceFault] for a DaemonSet.
func setFault(d *appsv1.DaemonSet) string {
	surge, unavailable := "", ""
	if rolling := d.Spec.UpdateStrategy.RollingUpdate; rolling != nil {
		surge, unavailable = rolling.MaxSurge.String(), rolling.MaxUnavailable.String()
	}
	if want := d.Annotations[v1alpha1.AnnotationMaxSurge]; surge != want || unavailable != "0" {
		return fmt.Sprintf("%s is %q, but maxSurge is %q and maxUnavailable %q", v1alpha1.AnnotationMaxSurge, want, surge, unavailable)
	}
	return ""
}

// forbidden says whether a DaemonSet has what the stream's mistakes have.
func forbidden(d *appsv1.DaemonSet) bool {
	return d.Spec.Template.Spec.Containers[0].Ports[0].HostPort != 0
}
