package routes

import (
	"maps"
	"slices"
)

// namespace has the objects of one namespace: none selects or leads to anything
// outside of it. Its maps are made when they are first needed, since a cluster may have
// as many namespaces as Services.
type namespace struct {
	name      string
	services  map[string]*record
	selectors selectors
	pods      map[string]*Pod
	// list has the pods as a list; nil after they changed.
	list   []*Pod
	slices map[string]*Slice
	// slicesOf has them by their Service, which may not be known yet.
	slicesOf map[string][]*Slice
}

// record is a Service and its place among the selectors of its namespace.
type record struct {
	service *Service
	// listed is the label of the selector that the record is listed under.
	listed     int
	prev, next *record
}

func (r *record) key() Label { return r.service.Selector[r.listed] }

// namespace is the one of that name, made if there is none.
func (x *Index) namespace(name string) *namespace {
	ns := x.namespaces[name]
	if ns == nil {
		ns = &namespace{name: name}
		x.namespaces[name] = ns
	}
	return ns
}

// tidy forgets a namespace that has nothing left in it.
func (x *Index) tidy(ns *namespace) {
	if len(ns.services)+len(ns.pods)+len(ns.slices) == 0 {
		delete(x.namespaces, ns.name)
	}
}

func (ns *namespace) addPod(pod *Pod) {
	put(&ns.pods, pod.Name, pod)
	ns.list = nil
}

func (ns *namespace) removePod(pod *Pod) {
	delete(ns.pods, pod.Name)
	ns.list = nil
}

// allPods are the pods, in no order.
func (ns *namespace) allPods() []*Pod {
	if ns.list == nil {
		ns.list = slices.AppendSeq(make([]*Pod, 0, len(ns.pods)), maps.Values(ns.pods))
	}
	return ns.list
}

func (ns *namespace) addSlice(slice *Slice) {
	put(&ns.slices, slice.Name, slice)
	put(&ns.slicesOf, slice.Service, append(ns.slicesOf[slice.Service], slice))
}

func (ns *namespace) removeSlice(slice *Slice) {
	delete(ns.slices, slice.Name)
	rest := slices.DeleteFunc(ns.slicesOf[slice.Service], func(s *Slice) bool { return s == slice })
	if len(rest) == 0 {
		delete(ns.slicesOf, slice.Service)
	} else {
		ns.slicesOf[slice.Service] = rest
	}
}

// put is (*m)[key] = value, of a map that may not be made yet.
func put[V any](m *map[string]V, key string, value V) {
	if *m == nil {
		*m = map[string]V{}
	}
	(*m)[key] = value
}
