package input

import (
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Service is what is read of corev1.Service.
type Service struct {
	TypeMeta
	Metadata Metadata    `json:"metadata"`
	Spec     ServiceSpec `json:"spec"`
}

// ServiceSpec is what is read of corev1.ServiceSpec.
type ServiceSpec struct {
	Type                     string            `json:"type,omitempty"`
	ClusterIP                string            `json:"clusterIP,omitempty"`
	ExternalName             string            `json:"externalName,omitempty"`
	Selector                 map[string]string `json:"selector,omitempty"`
	Ports                    []ServicePort     `json:"ports,omitempty"`
	InternalTrafficPolicy    *string           `json:"internalTrafficPolicy,omitempty"`
	ExternalTrafficPolicy    *string           `json:"externalTrafficPolicy,omitempty"`
	TrafficDistribution      *string           `json:"trafficDistribution,omitempty"`
	SessionAffinity          string            `json:"sessionAffinity,omitempty"`
	PublishNotReadyAddresses bool              `json:"publishNotReadyAddresses,omitempty"`
}

// ServicePort is what is read of corev1.ServicePort.
type ServicePort struct {
	Name       string              `json:"name,omitempty"`
	Protocol   string              `json:"protocol,omitempty"`
	Port       int32               `json:"port,omitempty"`
	TargetPort *intstr.IntOrString `json:"targetPort,omitempty"`
}

// Kind is v1alpha1.KindService.
func (*Service) Kind() v1alpha1.Kind { return v1alpha1.KindService }

// Meta is the Service's metadata.
func (s *Service) Meta() *Metadata { return &s.Metadata }
