package bench

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// labelRole tells which Services in bulk select a pod.
const (
	labelRole  = "bench"
	roleServer = "server"
)

// newClient returns a client that is not what is waited for.
func newClient(config *rest.Config) (*kubernetes.Clientset, error) {
	config.ContentType, config.QPS = runtime.ContentTypeProtobuf, -1
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("create a client: %w", err)
	}
	return api, nil
}

func serverPod(node string) *corev1.Pod {
	pod := pinned("server-"+node, node, map[string]string{labelRole: roleServer})
	pod.Spec.Containers = []corev1.Container{caller("server", "-echo", fmt.Sprintf("0.0.0.0:%d,%s", echoPort, socketPath))}
	return pod
}

// clientPod has a second server, for calls over 127.0.0.1.
func clientPod(node string) *corev1.Pod {
	pod := pinned("client-"+node, node, map[string]string{labelRole: "client"})
	pod.Spec.Containers = []corev1.Container{
		caller("client", "-orders", fmt.Sprintf(":%d", orderPort)),
		caller("server", "-echo", loopbackAddress),
	}
	return pod
}

var (
	socketPath      = socketDir + "/echo.sock"
	loopbackAddress = fmt.Sprintf("127.0.0.1:%d", echoPort)
)

func caller(name string, args ...string) corev1.Container {
	return corev1.Container{
		Name: name, Image: image, Args: args, ImagePullPolicy: corev1.PullNever,
		VolumeMounts: []corev1.VolumeMount{{Name: "sockets", MountPath: socketDir}},
	}
}

// pinned is a pod without containers yet, on a node.
func pinned(name, node string, labels map[string]string) *corev1.Pod {
	no, create := false, corev1.HostPathDirectoryOrCreate
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: corev1.PodSpec{
			NodeName: node,
			// A variable for each of 100,000 Services would not fit.
			EnableServiceLinks:           &no,
			AutomountServiceAccountToken: &no,
			Tolerations:                  []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Volumes: []corev1.Volume{{Name: "sockets", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: socketDir, Type: &create},
			}}},
		},
	}
}

// createNamespace creates a namespace in which pods can be created.
func (b *bench) createNamespace(ctx context.Context, name string) error {
	_, err := b.api.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create namespace %s: %w", name, err)
	}
	return cluster.Wait(ctx, "the service account of namespace "+name, time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := b.api.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil, fmt.Sprint(err), nil
	})
}
