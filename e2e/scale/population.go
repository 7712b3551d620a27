package scale

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// population is what a cluster is filled with: in each namespace as many daemons,
// each a DaemonSet and the Service in front of it, both opted in.
type population struct {
	namespaces, daemons int
}

// objects is how many opted in.
func (p population) objects() int { return 2 * p.namespaces * p.daemons }

func (population) namespace(i int) string { return fmt.Sprintf("team-%03d", i) }

// writers is how many namespaces are filled at a time.
const writers = 8

// create fills the cluster.
func (p population) create(ctx context.Context, config *rest.Config) error {
	client, err := unlimited(config)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range p.namespaces {
		group.Go(func() error { return p.fill(ctx, client, p.namespace(i)) })
	}
	return group.Wait()
}

func (p population) fill(ctx context.Context, client kubernetes.Interface, namespace string) error {
	_, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("creating namespace %s: %w", namespace, err)
	}
	for i := range p.daemons {
		name := fmt.Sprintf("daemon-%02d", i)
		if _, err := client.CoreV1().Services(namespace).Create(ctx, newService(namespace, name), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating Service %s/%s: %w", namespace, name, err)
		}
		if _, err := client.AppsV1().DaemonSets(namespace).Create(ctx, newDaemonSet(namespace, name), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating DaemonSet %s/%s: %w", namespace, name, err)
		}
	}
	return nil
}

// unlimited is a client that the API server slows down, and nothing before it. It
// keeps the warnings of admission to itself.
func unlimited(config *rest.Config) (kubernetes.Interface, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("preparing to fill the cluster: %w", err)
	}
	return client, nil
}

// newService is a Service as admission leaves it: there is nothing to repair.
func newService(namespace, name string) *corev1.Service {
	meta := newMeta(namespace, name)
	meta.Labels[v1alpha1.LabelNodeLocal] = "required"
	meta.Annotations = map[string]string{
		v1alpha1.AnnotationNodeLocal: "required",
		v1alpha1.AnnotationPrevious:  `{"/spec/internalTrafficPolicy":{"from":"Cluster","to":"Local"}}`,
	}
	return &corev1.Service{
		ObjectMeta: meta,
		Spec: corev1.ServiceSpec{
			Selector:              map[string]string{"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace},
			InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal),
			Ports: []corev1.ServicePort{
				{Name: "cache", Port: 11211, TargetPort: intstr.FromString("cache"), Protocol: corev1.ProtocolTCP},
				{Name: "metrics", Port: 9150, TargetPort: intstr.FromString("metrics"), Protocol: corev1.ProtocolTCP},
			},
		},
	}
}

// newDaemonSet is a DaemonSet as admission leaves it. Every tenth has a hostPort,
// which a rule denies and mutation leaves alone.
func newDaemonSet(namespace, name string) *appsv1.DaemonSet {
	meta := newMeta(namespace, name)
	meta.Annotations = map[string]string{v1alpha1.AnnotationNodeLocal: "required", v1alpha1.AnnotationDrain: "15s"}
	d := &appsv1.DaemonSet{
		ObjectMeta: meta,
		Spec: appsv1.DaemonSetSpec{
			Selector:        &metav1.LabelSelector{MatchLabels: map[string]string{"app.kubernetes.io/name": name}},
			MinReadySeconds: 5,
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type:          appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxSurge: new(intstr.FromInt32(1)), MaxUnavailable: new(intstr.FromInt32(0))},
			},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: newMeta(namespace, name).Labels},
				Spec: corev1.PodSpec{
					NodeSelector:                  map[string]string{"kubernetes.io/os": "linux"},
					TerminationGracePeriodSeconds: new(int64(45)),
					Containers: []corev1.Container{
						newContainer("daemon", corev1.ContainerPort{Name: "cache", ContainerPort: 11211}),
						newContainer("exporter", corev1.ContainerPort{Name: "metrics", ContainerPort: 9150}),
					},
					Volumes: []corev1.Volume{
						{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}},
						{Name: "spool", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
						{Name: "logs", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/var/log/pods"}}},
					},
				},
			},
		},
	}
	if denied(name) {
		d.Spec.Template.Spec.Containers[0].Ports[0].HostPort = 11211
		d.Spec.UpdateStrategy.RollingUpdate = nil
	}
	return d
}

// denied tells the daemons that admission denies, by their names.
func denied(name string) bool { return strings.HasSuffix(name, "7") }

func newMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{
		"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": namespace,
		"app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/version": "1.6.38",
	}}
}

func newContainer(name string, port corev1.ContainerPort) corev1.Container {
	return corev1.Container{
		Name:           name,
		Image:          "registry.example.com/" + name + ":1.6.38",
		Args:           []string{"--config=/etc/daemon/config.yaml", "--spool=/var/spool/daemon"},
		Env:            []corev1.EnvVar{{Name: "NODE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "spec.nodeName"}}}},
		Ports:          []corev1.ContainerPort{port},
		ReadinessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(port.ContainerPort)}}},
		Lifecycle:      &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 15}}},
		VolumeMounts:   []corev1.VolumeMount{{Name: "config", MountPath: "/etc/daemon"}, {Name: "spool", MountPath: "/var/spool/daemon"}, {Name: "logs", MountPath: "/var/log/pods", ReadOnly: true}},
	}
}
