package routes

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
)

// Reach is how far a table brings traffic to one pod.
type Reach struct {
	Pod *Pod
	// Services are those of ours that select the pod, sorted by name.
	Services []types.NamespacedName
	// Missing are the frontends of those Services that do not lead to the pod
	// though it has their family and port, sorted: it cannot serve yet, or a newer
	// pod of its DaemonSet has taken over.
	Missing []Frontend
	// Crowded are the frontends that leave the pod out for want of room alone:
	// more than [MaxLocal] pods serve.
	Crowded []Frontend
}

// Routed reports whether nothing is missing: every Service that selects the pod
// leads to it, or none does. Crowded frontends do not count: no wait
// would help.
func (r Reach) Routed() bool { return len(r.Missing) == 0 }

// Reach is how far the table brings traffic to a pod. It is false if the pod is
// not known.
func (x *Index) Reach(name types.NamespacedName) (Reach, bool) {
	ns := x.namespaces[name.Namespace]
	if ns == nil || ns.pods[name.Name] == nil {
		return Reach{}, false
	}
	x.decide()
	reach := Reach{Pod: ns.pods[name.Name]}
	for r := range ns.selectors.selecting(reach.Pod) {
		if x.config.Scope.Claims(r.service) {
			reach.Services = append(reach.Services, r.service.NamespacedName)
			x.reach(ns, r.service, &reach)
		}
	}
	slices.SortFunc(reach.Services, func(a, b types.NamespacedName) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(reach.Missing, Frontend.Compare)
	slices.SortFunc(reach.Crowded, Frontend.Compare)
	return reach, true
}

// reach adds what one Service does for the pod.
func (x *Index) reach(ns *namespace, service *Service, reach *Reach) {
	for _, addr := range service.ClusterIPs {
		for i := range service.Ports {
			port := &service.Ports[i]
			f := Frontend{Addr: addr, Port: port.Port, Protocol: port.Protocol}
			backend, ok := reach.Pod.backend(addr, port)
			// A frontend that another Service has is not this one's to bring.
			if route := x.table[f]; !ok || route.Service != service.NamespacedName || slices.Contains(route.Local, backend) {
				continue
			}
			if slices.ContainsFunc(ns.takers(service, f, port), func(c candidate) bool { return c.pod == reach.Pod }) {
				reach.Crowded = append(reach.Crowded, f)
			} else {
				reach.Missing = append(reach.Missing, f)
			}
		}
	}
}

// takers are the pods that take new connections, however many.
func (ns *namespace) takers(service *Service, f Frontend, port *ServicePort) []candidate {
	var selected []*Pod
	for _, pod := range ns.pods {
		if service.Selector.Selects(pod.Labels) {
			selected = append(selected, pod)
		}
	}
	return takers(candidates(service, selected, f.Addr, port))
}
