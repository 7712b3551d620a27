package scale

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// fleet is a cluster of teams that never heard of us: in each namespace as many
// DaemonSets, and in front of each as many Services. Nothing opted in.
type fleet struct {
	namespaces, daemons, services int
}

func (f fleet) daemonSets() int  { return f.namespaces * f.daemons }
func (f fleet) allServices() int { return f.daemonSets() * f.services }
func (f fleet) objects() int     { return f.daemonSets() + f.allServices() }

// create fills the cluster, and kube-system with one daemon of its own.
func (f fleet) create(ctx context.Context, config *rest.Config) error {
	client, err := unlimited(config)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := range f.namespaces {
		group.Go(func() error {
			namespace := population{}.namespace(i)
			_, err := client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}, metav1.CreateOptions{})
			if err != nil {
				return fmt.Errorf("creating namespace %s: %w", namespace, err)
			}
			return f.fill(ctx, client, namespace, f.daemons)
		})
	}
	group.Go(func() error { return f.fill(ctx, client, metav1.NamespaceSystem, 1) })
	return group.Wait()
}

func (f fleet) fill(ctx context.Context, client kubernetes.Interface, namespace string, daemons int) error {
	for i := range daemons {
		name := fmt.Sprintf("daemon-%02d", i)
		if _, err := client.AppsV1().DaemonSets(namespace).Create(ctx, plainDaemonSet(namespace, name), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("creating DaemonSet %s/%s: %w", namespace, name, err)
		}
		for j := range f.services {
			service := plainService(namespace, fmt.Sprintf("%s-%02d", name, j), name)
			if _, err := client.CoreV1().Services(namespace).Create(ctx, service, metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("creating Service %s/%s: %w", namespace, service.Name, err)
			}
		}
	}
	return nil
}

// plainDaemonSet has no preStop, so that a drain changes its pod template.
func plainDaemonSet(namespace, name string) *appsv1.DaemonSet {
	d := newDaemonSet(namespace, name)
	d.Annotations = map[string]string{"example.com/owner": "team"}
	d.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{}
	for i := range d.Spec.Template.Spec.Containers {
		d.Spec.Template.Spec.Containers[i].Lifecycle = nil
	}
	return d
}

func plainService(namespace, name, daemon string) *corev1.Service {
	s := newService(namespace, daemon)
	s.Name = name
	s.Labels, s.Annotations = nil, nil
	s.Spec.InternalTrafficPolicy = nil
	return s
}

// picture are the fleet's objects as the API server has them, by kind, namespace
// and name. What counts versions and who wrote what is left out.
func picture(ctx context.Context, client kubernetes.Interface) (map[string]string, error) {
	objects := map[string]string{}
	for _, path := range []string{"/api/v1/services", "/apis/apps/v1/daemonsets"} {
		text, err := client.Discovery().RESTClient().Get().AbsPath(path).DoRaw(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing %s: %w", path, err)
		}
		var list struct{ Items []map[string]any }
		if err := json.Unmarshal(text, &list); err != nil {
			return nil, fmt.Errorf("reading %s: %w", path, err)
		}
		for _, object := range list.Items {
			meta := object["metadata"].(map[string]any)
			key := fmt.Sprintf("%s %s/%s", path, meta["namespace"], meta["name"])
			for _, field := range []string{"managedFields", "generation", "resourceVersion"} {
				delete(meta, field)
			}
			if annotations, ok := meta["annotations"].(map[string]any); ok {
				// The API server's own count of pod templates.
				delete(annotations, appsv1.DeprecatedTemplateGeneration)
			}
			if status, ok := object["status"].(map[string]any); ok {
				delete(status, "observedGeneration")
			}
			written, err := json.Marshal(object)
			if err != nil {
				return nil, fmt.Errorf("writing %s: %w", key, err)
			}
			objects[key] = string(written)
		}
	}
	return objects, nil
}
