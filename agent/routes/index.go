package routes

import (
	"iter"
	"reflect"

	"k8s.io/apimachinery/pkg/types"
)

// Config is what an [Index] is made of. Both fields are required.
type Config struct {
	Node  string
	Scope Scope
}

// Index keeps a [Table] current while objects come and go. What an edit costs
// follows the number of Services it affects, not the number there are.
//
// It owns the objects it is given: nobody changes them afterwards. It does no I/O
// and is not safe for concurrent use.
type Index struct {
	config     Config
	namespaces map[string]*namespace
	// stale are the Services to decide anew before the table is next looked at:
	// of a burst of edits only the outcome costs anything.
	stale map[*record]struct{}
	// nodes has each node's name once, for the endpoints of all slices.
	nodes map[string]string

	table Table
	// contested has every claimant of a frontend that more than one claims.
	contested map[Frontend][]*record
	// before has what the table had where it was written to since Changes was
	// last called, nil for nothing. It is nil before the first call.
	before map[Frontend]*Route
}

// NewIndex returns an Index that knows nothing.
func NewIndex(config Config) *Index {
	return &Index{
		config:     config,
		namespaces: map[string]*namespace{},
		stale:      map[*record]struct{}{},
		nodes:      map[string]string{},
		table:      Table{},
		contested:  map[Frontend][]*record{},
	}
}

// SetService adds a Service, or replaces the one of that name.
func (x *Index) SetService(service *Service) {
	ns := x.namespace(service.Namespace)
	service.Namespace = ns.name
	r := ns.services[service.Name]
	if r == nil {
		r = &record{}
		put(&ns.services, service.Name, r)
	} else {
		if reflect.DeepEqual(r.service, service) {
			return
		}
		x.giveUp(r, service)
		ns.selectors.remove(r)
	}
	r.service = service
	ns.selectors.add(r)
	x.stale[r] = struct{}{}
}

// DeleteService forgets a Service. One that is not known is no error, here and
// below.
func (x *Index) DeleteService(name types.NamespacedName) {
	r := x.record(name)
	if r == nil {
		return
	}
	x.giveUp(r, nil)
	ns := x.namespaces[name.Namespace]
	ns.selectors.remove(r)
	delete(ns.services, name.Name)
	delete(x.stale, r)
	x.tidy(ns)
}

// SetPod adds a pod of this node, or replaces the one of that name.
func (x *Index) SetPod(pod *Pod) {
	ns := x.namespace(pod.Namespace)
	pod.Namespace = ns.name
	old := ns.pods[pod.Name]
	ns.addPod(pod)
	if old != nil {
		if old.decidesLike(pod) {
			return
		}
		x.affects(ns, old)
	}
	x.affects(ns, pod)
}

// DeletePod forgets a pod.
func (x *Index) DeletePod(name types.NamespacedName) {
	ns := x.namespaces[name.Namespace]
	if ns == nil || ns.pods[name.Name] == nil {
		return
	}
	pod := ns.pods[name.Name]
	ns.removePod(pod)
	x.affects(ns, pod)
	x.tidy(ns)
}

// affects makes the Services that select a pod stale.
func (x *Index) affects(ns *namespace, pod *Pod) {
	for r := range ns.selectors.selecting(pod) {
		x.stale[r] = struct{}{}
	}
}

// SetSlice adds an EndpointSlice, or replaces the one of that name.
func (x *Index) SetSlice(slice *Slice) {
	ns := x.namespace(slice.Namespace)
	slice.Namespace = ns.name
	for i := range slice.Endpoints {
		slice.Endpoints[i].Node = x.nodeName(slice.Endpoints[i].Node)
	}
	if old := ns.slices[slice.Name]; old != nil {
		if old.equal(slice) {
			return
		}
		ns.removeSlice(old)
		x.leads(ns, old)
	}
	ns.addSlice(slice)
	x.leads(ns, slice)
}

// DeleteSlice forgets an EndpointSlice.
func (x *Index) DeleteSlice(name types.NamespacedName) {
	ns := x.namespaces[name.Namespace]
	if ns == nil || ns.slices[name.Name] == nil {
		return
	}
	slice := ns.slices[name.Name]
	ns.removeSlice(slice)
	x.leads(ns, slice)
	x.tidy(ns)
}

// leads makes the Service of a slice stale.
func (x *Index) leads(ns *namespace, slice *Slice) {
	if r := ns.services[slice.Service]; r != nil && r.service.NeedsSlices() {
		x.stale[r] = struct{}{}
	}
}

// maxNodes bounds the table of node names: more than a cluster has nodes.
const maxNodes = 1 << 14

func (x *Index) nodeName(name string) string {
	if known, ok := x.nodes[name]; ok {
		return known
	}
	if len(x.nodes) >= maxNodes {
		clear(x.nodes)
	}
	x.nodes[name] = name
	return name
}

// Service is the Service of that name; nil if there is none. It is not the
// caller's to change.
func (x *Index) Service(name types.NamespacedName) *Service {
	if r := x.record(name); r != nil {
		return r.service
	}
	return nil
}

func (x *Index) record(name types.NamespacedName) *record {
	if ns := x.namespaces[name.Namespace]; ns != nil {
		return ns.services[name.Name]
	}
	return nil
}

// Services are all there are, claimed or not, in no order.
func (x *Index) Services() iter.Seq[*Service] {
	return func(yield func(*Service) bool) {
		for _, ns := range x.namespaces {
			for _, r := range ns.services {
				if !yield(r.service) {
					return
				}
			}
		}
	}
}

// Pods are all there are, in no order. They are not the caller's to change.
func (x *Index) Pods() iter.Seq[*Pod] {
	return func(yield func(*Pod) bool) {
		for _, ns := range x.namespaces {
			for _, pod := range ns.pods {
				if !yield(pod) {
					return
				}
			}
		}
	}
}

// decide brings the table up to date.
func (x *Index) decide() {
	for len(x.stale) > 0 {
		stale := x.stale
		// A new map rather than an emptied one: to walk a map takes as long as it
		// once was large.
		x.stale = map[*record]struct{}{}
		for r := range stale {
			x.settle(r)
		}
	}
}

// settle decides for one Service and enters the outcome.
func (x *Index) settle(r *record) {
	if !x.config.Scope.Claims(r.service) {
		return
	}
	ns := x.namespaces[r.service.Namespace]
	for _, entry := range Compute(r.service, ns.allPods(), ns.slicesOf[r.service.Name], x.config.Node) {
		x.claim(r, entry)
	}
}
