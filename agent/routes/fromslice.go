package routes

import (
	"net/netip"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// FromSlice is what decisions read of an EndpointSlice: of each endpoint the first
// address, as kube-proxy does. Endpoints that are names (FQDN) are left out.
func FromSlice(slice *discoveryv1.EndpointSlice) *Slice {
	s := &Slice{
		NamespacedName: types.NamespacedName{Namespace: slice.Namespace, Name: slice.Name},
		Service:        slice.Labels[discoveryv1.LabelServiceName],
	}
	for _, port := range slice.Ports {
		p := SlicePort{Name: value(port.Name, "")}
		number, known := value(port.Port, 0), false
		if port.Protocol == nil {
			p.Protocol, known = TCP, true
		} else {
			p.Protocol, known = protocolOf(*port.Protocol)
		}
		if known && isPort(number) {
			p.Port = uint16(number)
			s.Ports = append(s.Ports, p)
		}
	}
	for i := range slice.Endpoints {
		endpoint := &slice.Endpoints[i]
		if addr, ok := endpointAddr(endpoint.Addresses); ok {
			s.Endpoints = append(s.Endpoints, SliceEndpoint{
				Addr:        addr,
				Node:        value(endpoint.NodeName, ""),
				Ready:       value(endpoint.Conditions.Ready, true),
				Serving:     value(endpoint.Conditions.Serving, true),
				Terminating: value(endpoint.Conditions.Terminating, false),
			})
		}
	}
	return s
}

// endpointAddr is the first address. Those that an API server refuses in a slice are
// refused here too, since whoever writes slices could else aim a Service at
// the client's own host.
func endpointAddr(texts []string) (netip.Addr, bool) {
	if len(texts) == 0 {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(texts[0])
	if err != nil || addr.Zone() != "" {
		return netip.Addr{}, false
	}
	addr = addr.Unmap()
	return addr, !addr.IsUnspecified() && !addr.IsLoopback() && !addr.IsMulticast() && !addr.IsLinkLocalUnicast()
}

// value is what p points to, or the default.
func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
