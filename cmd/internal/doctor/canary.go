package doctor

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// canaryName is in the API server's audit log only.
const canaryName = "inshore-doctor-canary"

// sendCanaries sends what must be mutated and what must be refused, as dry
// runs. It is the only test of the whole way: the API server's own copy of the
// configurations, its network, the certificate, the handler.
func (f *Facts) sendCanaries(ctx context.Context, config Config) {
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldManager: "inshore-doctor"}
	services := config.Client.CoreV1().Services(config.CanaryNamespace)
	created, err := services.Create(ctx, canaryService(string(v1alpha1.NodeLocalRequired)), dryRun)
	f.Canaries.Service = Known[*corev1.Service]{created, err}
	if err == nil && !created.CreationTimestamp.IsZero() {
		f.Now = created.CreationTimestamp.Time
	}
	daemon, err := config.Client.AppsV1().DaemonSets(config.CanaryNamespace).Create(ctx, canaryDaemonSet(), dryRun)
	f.Canaries.DaemonSet = Known[*appsv1.DaemonSet]{daemon, err}
	_, f.Canaries.Refused = services.Create(ctx, canaryService("requird"), dryRun)
}

func canaryMeta(nodeLocal string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: canaryName, Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: nodeLocal}}
}

func canaryService(nodeLocal string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: canaryMeta(nodeLocal),
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"app": canaryName},
			Ports:    []corev1.ServicePort{{Port: 80}},
		},
	}
}

// canaryDaemonSet is as harmless as any rule may ask for, so that others'
// policies have nothing to say about it either.
func canaryDaemonSet() *appsv1.DaemonSet {
	labels := map[string]string{"app": canaryName}
	return &appsv1.DaemonSet{
		ObjectMeta: canaryMeta(string(v1alpha1.NodeLocalRequired)),
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot:   new(true),
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{{
						Name: "canary", Image: "registry.k8s.io/pause:3.10",
						ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"/pause", "-v"}}}},
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: new(false),
							Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
					}},
				},
			},
		},
	}
}
