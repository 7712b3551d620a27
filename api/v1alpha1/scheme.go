// +kubebuilder:object:generate=true
// +groupName=inshore.dev

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object crd paths=. output:crd:dir=../../manifests/base/webhook
//go:generate go run ../internal/crd ../../manifests/base/webhook/inshore.dev_nodelocalpolicies.yaml

// GroupVersion is the API group and version of [NodeLocalPolicy].
var GroupVersion = schema.GroupVersion{Group: "inshore.dev", Version: "v1alpha1"}

// AddToScheme registers the kinds of this package.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(GroupVersion, &NodeLocalPolicy{}, &NodeLocalPolicyList{})
	metav1.AddToGroupVersion(scheme, GroupVersion)
	return nil
}
