package mirror_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/webhook/mirror"
)

// What arrives from a watch is kept as the projection that rules read.
func ExampleProjectService() {
	projected := mirror.ProjectService(&corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "cache", ResourceVersion: "7"},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "cache"}},
	})
	fmt.Println(projected.Metadata.Namespace, projected.Metadata.Name, projected.Spec.Selector)
	// Output: core cache map[app:cache]
}
