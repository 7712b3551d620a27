package mirror

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metadataclient "k8s.io/client-go/metadata"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/input"
)

const kindNamespace = "Namespace"

// addNamespaces watches the labels of namespaces; the API server sends metadata
// alone.
func (m *Mirror) addNamespaces(config *Config) error {
	client, err := metadataclient.NewForConfigAndClient(metadataclient.ConfigFor(config.REST), config.HTTP)
	if err != nil {
		return fmt.Errorf("preparing to watch Namespaces: %w", err)
	}
	namespaces := client.Resource(corev1.SchemeGroupVersion.WithResource("namespaces"))
	add(m, kindNamespace, config.Store, from(namespaces.List, namespaces.Watch,
		func(n *metav1.PartialObjectMetadata) any { return projectNamespace(n) }), func(key cache.ObjectName) {
		config.Store.DeleteNamespace(key.Name)
	})
	return nil
}

func projectNamespace(n *metav1.PartialObjectMetadata) *input.Namespace {
	return &input.Namespace{Name: n.Name, Labels: n.Labels}
}
