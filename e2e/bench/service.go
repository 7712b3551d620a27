package bench

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// servicePort is every Service's.
const servicePort = 80

// creators is how many Services are created at a time: enough to keep two
// processors busy.
const creators = 24

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

// addServices creates Services in bulk until there are so many. All of them select
// the servers, so that each has one endpoint on every node.
func (b *bench) addServices(ctx context.Context, total int) error {
	begin, first := time.Now(), len(b.services)
	b.services = append(b.services, make([]netip.Addr, total-first)...)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(creators)
	for i := first; i < total && ctx.Err() == nil; i++ {
		group.Go(func() error {
			ip, err := b.createService(ctx, namespace, service(fmt.Sprintf("s%06d", i), map[string]string{labelRole: roleServer}))
			b.services[i] = ip
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	b.printf("%d Services created in %s", total-first, time.Since(begin).Round(100*time.Millisecond))
	return nil
}
