package routes

import "net/netip"

// candidate is a pod that can serve a frontend, and where.
type candidate struct {
	pod     *Pod
	backend netip.AddrPort
}

// serves reports whether a pod can answer. One that waits for our gate alone
// can: its Ready waits for the gate, and the gate for the route.
func (p *Pod) serves() bool {
	return p.Ready || p.Gated && p.ContainersReady && p.OtherGatesReady
}

// candidates are the pods that can serve a frontend: those that stay and, apart
// from them, those that are terminating.
func candidates(service *Service, pods []*Pod, addr netip.Addr, port *ServicePort) (staying, leaving []candidate) {
	for _, pod := range pods {
		if pod.Finished || !service.PublishNotReadyAddresses && !pod.serves() {
			continue
		}
		backend, ok := pod.backend(addr, port)
		if !ok {
			continue
		}
		if pod.Terminating {
			leaving = append(leaving, candidate{pod, backend})
		} else {
			staying = append(staying, candidate{pod, backend})
		}
	}
	return staying, leaving
}

// takers are those candidates that take new connections: of each DaemonSet the
// one pod that has taken over, and pods of no DaemonSet all; those that leave
// only if nobody stays.
func takers(staying, leaving []candidate) []candidate {
	if len(staying) == 0 {
		return leaving
	}
	taking := staying[:0]
	for _, c := range staying {
		i := 0
		for i < len(taking) && (c.pod.Controller == "" || taking[i].pod.Controller != c.pod.Controller) {
			i++
		}
		switch {
		case i == len(taking):
			taking = append(taking, c)
		case c.pod.supersedes(taking[i].pod):
			taking[i] = c
		}
	}
	return taking
}

// supersedes reports whether p takes over from another pod of its DaemonSet: the
// newer does. Where publishNotReadyAddresses lets in pods that cannot answer
// yet, one that can goes before them.
func (p *Pod) supersedes(other *Pod) bool {
	if p.serves() != other.serves() {
		return p.serves()
	}
	if !p.Created.Equal(other.Created) {
		return p.Created.After(other.Created)
	}
	return p.Name > other.Name
}
