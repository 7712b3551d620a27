package routes

import (
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// FromService is what decisions read of a Service.
//
// Whether it is opted in is the label's to say, which admission wrote. An
// annotation that is wrong is returned as an error and counts as not written;
// the others hold, so that a typo in one, or a word of a newer Inshore, changes
// nothing about the rest. Ports and addresses that no API server lets through are left out.
func FromService(service *corev1.Service) (*Service, field.ErrorList) {
	intent, errs := v1alpha1.Parse(v1alpha1.KindService, service.Annotations)
	s := &Service{
		NamespacedName:           types.NamespacedName{Namespace: service.Namespace, Name: service.Name},
		UID:                      service.UID,
		Created:                  service.CreationTimestamp.UTC(),
		Intent:                   intent,
		TrafficLocal:             localTraffic(&service.Spec),
		Selector:                 LabelsOf(service.Spec.Selector),
		PublishNotReadyAddresses: service.Spec.PublishNotReadyAddresses,
		Affinity:                 affinity(&service.Spec),
	}
	switch label := v1alpha1.NodeLocal(service.Labels[v1alpha1.LabelNodeLocal]); label {
	// The constants rather than the label's own text: it need not be kept.
	case v1alpha1.NodeLocalRequired:
		s.NodeLocal = v1alpha1.NodeLocalRequired
	case v1alpha1.NodeLocalPreferred:
		s.NodeLocal = v1alpha1.NodeLocalPreferred
	case v1alpha1.NodeLocalDisabled:
		s.NodeLocal = v1alpha1.NodeLocalDisabled
	}
	if service.Spec.Type != corev1.ServiceTypeExternalName {
		s.ClusterIPs = clusterIPs(&service.Spec)
	}
	s.Ports = servicePorts(service.Spec.Ports)
	return s, errs
}

func localTraffic(spec *corev1.ServiceSpec) bool {
	policy := spec.InternalTrafficPolicy
	return policy != nil && *policy == corev1.ServiceInternalTrafficPolicyLocal
}

// affinity is the timeout of sessionAffinity ClientIP; the API server's default
// where it has none.
func affinity(spec *corev1.ServiceSpec) time.Duration {
	if spec.SessionAffinity != corev1.ServiceAffinityClientIP {
		return 0
	}
	seconds := corev1.DefaultClientIPServiceAffinitySeconds
	if config := spec.SessionAffinityConfig; config != nil && config.ClientIP != nil &&
		config.ClientIP.TimeoutSeconds != nil && *config.ClientIP.TimeoutSeconds > 0 {
		seconds = *config.ClientIP.TimeoutSeconds
	}
	return time.Duration(seconds) * time.Second
}

// clusterIPs are the addresses there are: "None" is not one.
func clusterIPs(spec *corev1.ServiceSpec) []netip.Addr {
	texts := spec.ClusterIPs
	if len(texts) == 0 {
		texts = []string{spec.ClusterIP}
	}
	return addresses(texts)
}

// addresses parses texts, in order, each once. One that is no address is left
// out, and so is one with a zone, which no other host could use.
func addresses(texts []string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		addr, err := netip.ParseAddr(text)
		if err == nil && addr.Zone() == "" && !addr.IsUnspecified() && !slices.Contains(all, addr.Unmap()) {
			all = append(all, addr.Unmap())
		}
	}
	return all
}

func servicePorts(ports []corev1.ServicePort) []ServicePort {
	all := make([]ServicePort, 0, len(ports))
	for i := range ports {
		port := &ports[i]
		protocol, known := protocolOf(port.Protocol)
		taken := slices.ContainsFunc(all, func(p ServicePort) bool { return int32(p.Port) == port.Port && p.Protocol == protocol })
		if known && !taken && isPort(port.Port) {
			all = append(all, ServicePort{
				Name: port.Name, Protocol: protocol, Port: uint16(port.Port), TargetPort: port.TargetPort,
			})
		}
	}
	return slices.Clip(all)
}

func isPort(number int32) bool { return number > 0 && number <= 65535 }

// protocolOf is a protocol by its name; TCP if none is written, as everywhere in
// Kubernetes.
func protocolOf(name corev1.Protocol) (Protocol, bool) {
	switch name {
	case corev1.ProtocolTCP, "":
		return TCP, true
	case corev1.ProtocolUDP:
		return UDP, true
	case corev1.ProtocolSCTP:
		return SCTP, true
	}
	return 0, false
}
