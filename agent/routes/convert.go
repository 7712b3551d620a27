package routes

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// FromService is what decisions read of a Service. Whether it is opted in is the
// label's to say; an annotation that is wrong is returned as an error and counts as not
// written, the others hold.
func FromService(service *corev1.Service) (*Service, field.ErrorList) { return nil, nil }

// FromPod is what decisions read of a pod.
func FromPod(pod *corev1.Pod) *Pod { return nil }

// FromSlice is what decisions read of an EndpointSlice.
func FromSlice(slice *discoveryv1.EndpointSlice) *Slice { return nil }
