package related

import (
	"maps"
	"reflect"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// record is an object of a store: one of the three.
type record struct {
	service   *input.Service
	daemonSet *input.DaemonSet
	workload  *input.Workload
}

// Packed is an object as a [Store] keeps it, on its way there: of many that arrive
// at once, most of the memory is free before the last is there.
type Packed struct {
	namespace string
	bytes     packed
}

// PackService packs what a store keeps of a Service.
func PackService(object *input.Service) Packed {
	return Packed{object.Metadata.Namespace, keptService(object).pack()}
}

// PackDaemonSet packs what a store keeps of a DaemonSet.
func PackDaemonSet(object *input.DaemonSet) Packed {
	return Packed{object.Metadata.Namespace, keptDaemonSet(object).pack()}
}

// PackWorkload packs what a store keeps of a Deployment or a StatefulSet; its
// kind must be set.
func PackWorkload(object *input.Workload) Packed {
	return Packed{object.Metadata.Namespace, keptWorkload(object).pack()}
}

func keptService(object *input.Service) record {
	kept := *object
	return record{service: &kept}.kept()
}

func keptDaemonSet(object *input.DaemonSet) record {
	kept := *object
	return record{daemonSet: &kept}.kept()
}

func keptWorkload(object *input.Workload) record {
	kept := *object
	return record{workload: &kept}.kept()
}

// kept takes away what is not kept. The namespace is known from where the object
// is.
func (r record) kept() record {
	meta := r.meta()
	meta.Namespace, meta.Annotations = "", v1alpha1.Ours(meta.Annotations)
	return r
}

func (r record) pack() packed {
	switch {
	case r.service != nil:
		return pack(kindService, r.service)
	case r.daemonSet != nil:
		return pack(kindDaemonSet, r.daemonSet)
	}
	return pack(kindWorkload, r.workload)
}

// record is the object that is packed.
func (p packed) record() record {
	var r record
	switch p[0] {
	case kindService:
		r.service = new(input.Service)
		p.unpack(r.service)
	case kindDaemonSet:
		r.daemonSet = new(input.DaemonSet)
		p.unpack(r.daemonSet)
	default:
		r.workload = new(input.Workload)
		p.unpack(r.workload)
	}
	return r
}

func (r record) meta() *input.Metadata {
	switch {
	case r.service != nil:
		return &r.service.Metadata
	case r.daemonSet != nil:
		return &r.daemonSet.Metadata
	}
	return &r.workload.Metadata
}

// volumes are those of an owner's pods.
func (r record) volumes() []input.Volume {
	switch {
	case r.daemonSet != nil:
		return r.daemonSet.Spec.Template.Spec.Volumes
	case r.workload != nil:
		return r.workload.Spec.Template.Spec.Volumes
	}
	return nil
}

func (r record) identity() identity {
	switch {
	case r.service != nil:
		return identity{string(v1alpha1.KindService), r.service.Metadata.Name}
	case r.daemonSet != nil:
		return identity{string(v1alpha1.KindDaemonSet), r.daemonSet.Metadata.Name}
	}
	return identity{r.workload.KindName, r.workload.Metadata.Name}
}

// relations are a Service's selector or the labels of an owner's pods.
func (r record) relations() (side byte, labels map[string]string) {
	switch {
	case r.service != nil:
		return ofSelector, selector(r.service)
	case r.daemonSet != nil:
		return ofPods, r.daemonSet.Spec.Template.Metadata.Labels
	}
	return ofPods, r.workload.Spec.Template.Metadata.Labels
}

// labels are the relations as they are posted.
func (r record) labels() []label {
	side, relations := r.relations()
	all := make([]label, 0, len(relations))
	for key, value := range relations {
		all = append(all, labelOf(side, key, value))
	}
	return all
}

// relatesLike reports whether another object of the same identity is found by
// the same lookups.
func (r record) relatesLike(other record) bool {
	_, mine := r.relations()
	_, others := other.relations()
	return maps.Equal(mine, others)
}

func (r record) equal(other record) bool { return reflect.DeepEqual(r, other) }
