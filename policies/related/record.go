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
