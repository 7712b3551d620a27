package routes

import (
	"net/netip"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Entry is a frontend and its decision.
type Entry struct {
	Frontend Frontend
	Route    Route
}

// Compute decides for one Service, whether or not it is claimed ([Scope.Claims]):
// an entry for each of its frontends. Pods that it does not select and slices of
// other Services are passed over.
func Compute(service *Service, pods []*Pod, slices []*Slice, node string) []Entry {
	d := decision{service: service, node: node}
	if len(service.ClusterIPs) == 0 {
		return nil
	}
	for _, pod := range pods {
		if pod.Namespace == service.Namespace && service.Selector.Selects(pod.Labels) {
			d.pods = append(d.pods, pod)
		}
	}
	if service.NeedsSlices() {
		for _, slice := range slices {
			if slice.Namespace == service.Namespace && slice.Service == service.Name {
				d.slices = append(d.slices, slice)
			}
		}
	}
	return d.entries()
}

// decision is one Service and what belongs to it.
type decision struct {
	service *Service
	pods    []*Pod
	slices  []*Slice
	node    string
}

func (d *decision) entries() []Entry {
	entries := make([]Entry, 0, len(d.service.ClusterIPs)*len(d.service.Ports))
	for _, addr := range d.service.ClusterIPs {
		for i := range d.service.Ports {
			port := &d.service.Ports[i]
			entries = append(entries, Entry{
				Frontend: Frontend{Addr: addr, Port: port.Port, Protocol: port.Protocol},
				Route:    d.route(addr, port),
			})
		}
	}
	return entries
}

// route is the decision for one port at one address.
func (d *decision) route(addr netip.Addr, port *ServicePort) Route {
	route := Route{
		Service:   d.service.NamespacedName,
		PortName:  port.Name,
		Local:     d.local(addr, port),
		Behaviour: d.service.Behaviour(),
		Balance:   v1alpha1.BalanceRandom,
		Affinity:  d.service.Affinity,
	}
	if balance := d.service.Intent.Balance; balance != "" && d.service.NodeLocal.OptedIn() {
		route.Balance = balance
	}
	if route.Behaviour == v1alpha1.NoLocalEndpointFallback {
		route.Fallback = d.fromSlices(addr, port, MaxFallback, func(e *SliceEndpoint) bool { return e.Node != d.node })
	}
	return route
}

// local are the backends on this node that take new connections.
func (d *decision) local(addr netip.Addr, port *ServicePort) []netip.AddrPort {
	if len(d.service.Selector) == 0 {
		return d.fromSlices(addr, port, MaxLocal, func(e *SliceEndpoint) bool { return e.Node == d.node })
	}
	local := newSubset(d.node, MaxLocal)
	for _, c := range takers(candidates(d.service, d.pods, addr, port)) {
		local.add(c.backend)
	}
	return local.sorted()
}

// fromSlices are the endpoints that pass: those that are ready or, if none is,
// those that are terminating and still serving. An endpoint of no known node is on another.
func (d *decision) fromSlices(addr netip.Addr, port *ServicePort, limit int, pass func(*SliceEndpoint) bool) []netip.AddrPort {
	ready, draining := newSubset(d.node, limit), newSubset(d.node, limit)
	for _, slice := range d.slices {
		for _, slicePort := range slice.Ports {
			if slicePort.Name != port.Name || slicePort.Protocol != port.Protocol {
				continue
			}
			for i := range slice.Endpoints {
				endpoint := &slice.Endpoints[i]
				if endpoint.Addr.Is4() != addr.Is4() || !pass(endpoint) {
					continue
				}
				backend := netip.AddrPortFrom(endpoint.Addr, slicePort.Port)
				if endpoint.Ready {
					ready.add(backend)
				} else if endpoint.Serving && endpoint.Terminating {
					draining.add(backend)
				}
			}
		}
	}
	if len(ready.best) > 0 {
		return ready.sorted()
	}
	return draining.sorted()
}

// backend is where a pod serves a port in the family of addr; false if it has no
// address of it or no container port of the name.
func (p *Pod) backend(addr netip.Addr, port *ServicePort) (netip.AddrPort, bool) {
	number, ok := p.resolve(port)
	if !ok {
		return netip.AddrPort{}, false
	}
	for _, ip := range p.IPs {
		if ip.Is4() == addr.Is4() {
			return netip.AddrPortFrom(ip, number), true
		}
	}
	return netip.AddrPort{}, false
}

// resolve is the number of a Service's port on this pod: each pod may give a
// named port another one.
func (p *Pod) resolve(port *ServicePort) (uint16, bool) {
	if port.TargetPort.Type == intstr.Int {
		if number := port.TargetPort.IntVal; number > 0 && number <= 65535 {
			return uint16(number), true
		}
		return port.Port, true
	}
	for _, own := range p.Ports {
		if own.Name == port.TargetPort.StrVal && own.Protocol == port.Protocol {
			return own.Port, true
		}
	}
	return 0, false
}
