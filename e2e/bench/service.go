package bench

import (
	"context"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// servicePort is every Service's.
const servicePort = 80

// service is opted in as the webhook would have left it.
func service(name string, selector map[string]string) *corev1.Service {
	local := corev1.ServiceInternalTrafficPolicyLocal
	optedIn := map[string]string{v1alpha1.LabelNodeLocal: string(v1alpha1.NodeLocalRequired)}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: optedIn,
			Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: string(v1alpha1.NodeLocalRequired)},
		},
		Spec: corev1.ServiceSpec{
			Selector: selector, InternalTrafficPolicy: &local,
			Ports: []corev1.ServicePort{{Port: servicePort, TargetPort: intstr.FromInt32(echoPort)}},
		},
	}
}

// createService returns the new Service's ClusterIP.
func (b *bench) createService(ctx context.Context, namespace string, s *corev1.Service) (netip.Addr, error) {
	made, err := b.api.CoreV1().Services(namespace).Create(ctx, s, metav1.CreateOptions{})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("create Service %s: %w", s.Name, err)
	}
	ip, err := netip.ParseAddr(made.Spec.ClusterIP)
	if err != nil {
		return ip, fmt.Errorf("ClusterIP of Service %s: %w", s.Name, err)
	}
	return ip, nil
}
