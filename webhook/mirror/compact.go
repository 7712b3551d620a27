package mirror

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// compactor makes projections small before they are kept. A cluster says the
// same few things over and over: label keys, container names, protocols, whole
// maps of labels. Every copy of them is replaced by the first one.
//
// The tables are bounded: one that is full is emptied, and what is common fills
// it again. It is not safe for concurrent use.
type compactor struct {
	texts      map[string]string
	labels     map[string]map[string]string
	strategies map[strategy]*input.UpdateStrategy
	sleeps     map[int64]*input.Lifecycle
	seconds    map[int64]*int64
	numbers    map[intstr.IntOrString]*intstr.IntOrString
}

// tableSize bounds each table: enough for what is common in a cluster, and at
// most a few hundred kilobytes.
const tableSize = 4096

func newCompactor() *compactor {
	return &compactor{
		texts:      map[string]string{},
		labels:     map[string]map[string]string{},
		strategies: map[strategy]*input.UpdateStrategy{},
		sleeps:     map[int64]*input.Lifecycle{},
		seconds:    map[int64]*int64{},
		numbers:    map[intstr.IntOrString]*intstr.IntOrString{},
	}
}

// shared is what table has for key, or value, which it then has.
func shared[K comparable, V any](table map[K]V, key K, value V) V {
	if known, ok := table[key]; ok {
		return known
	}
	if len(table) >= tableSize {
		clear(table)
	}
	table[key] = value
	return value
}

func (c *compactor) text(s *string) { *s = shared(c.texts, *s, *s) }

func (c *compactor) pointer(s **string) {
	if *s != nil {
		text := shared(c.texts, **s, **s)
		*s = &text
	}
}

func (c *compactor) service(s *input.Service) {
	c.meta(&s.Metadata)
	c.text(&s.Spec.Type)
	c.text(&s.Spec.SessionAffinity)
	c.pointer(&s.Spec.InternalTrafficPolicy)
	c.pointer(&s.Spec.ExternalTrafficPolicy)
	c.pointer(&s.Spec.TrafficDistribution)
	c.set(&s.Spec.Selector)
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		c.text(&port.Name)
		c.text(&port.Protocol)
		c.number(&port.TargetPort)
	}
}

func (c *compactor) daemonSet(d *input.DaemonSet) {
	c.meta(&d.Metadata)
	c.template(&d.Spec.Template)
	if d.Spec.Selector != nil {
		c.set(&d.Spec.Selector.MatchLabels)
	}
	if d.Spec.UpdateStrategy != nil {
		d.Spec.UpdateStrategy = shared(c.strategies, strategyOf(d.Spec.UpdateStrategy), d.Spec.UpdateStrategy)
	}
}

func (c *compactor) workload(w *input.Workload) {
	c.meta(&w.Metadata)
	c.template(&w.Spec.Template)
}

// meta keeps our annotations, among them the record of what was replaced, without
// which audit could not see an opt-out that was missed: kubectl's
// last-applied-configuration alone can weigh more than all the rest.
func (c *compactor) meta(m *input.Metadata) {
	c.text(&m.Namespace)
	c.set(&m.Labels)
	var ours map[string]string
	for key, value := range m.Annotations {
		if strings.HasPrefix(key, v1alpha1.Prefix) {
			if ours == nil {
				ours = map[string]string{}
			}
			ours[key] = value
		}
	}
	m.Annotations = ours
	c.set(&m.Annotations)
}

// set is a map that is equal to *m and shared with all its equals.
func (c *compactor) set(m *map[string]string) {
	if len(*m) == 0 {
		*m = nil
		return
	}
	var key strings.Builder
	for _, k := range slices.Sorted(maps.Keys(*m)) {
		key.WriteString(k)
		key.WriteByte(0)
		key.WriteString((*m)[k])
		key.WriteByte(1)
	}
	if known, ok := c.labels[key.String()]; ok && maps.Equal(known, *m) {
		*m = known
		return
	}
	compact := make(map[string]string, len(*m))
	for k, v := range *m {
		compact[shared(c.texts, k, k)] = shared(c.texts, v, v)
	}
	if len(c.labels) >= tableSize {
		clear(c.labels)
	}
	c.labels[key.String()] = compact
	*m = compact
}

func (c *compactor) number(n **intstr.IntOrString) {
	if *n != nil {
		*n = shared(c.numbers, **n, *n)
	}
}

// strategy is an update strategy as a key.
type strategy struct {
	typ                      string
	rolling                  bool
	unavailable, surge       intstr.IntOrString
	hasUnavailable, hasSurge bool
}

func strategyOf(u *input.UpdateStrategy) strategy {
	s := strategy{typ: u.Type, rolling: u.RollingUpdate != nil}
	if s.rolling {
		if n := u.RollingUpdate.MaxUnavailable; n != nil {
			s.unavailable, s.hasUnavailable = *n, true
		}
		if n := u.RollingUpdate.MaxSurge; n != nil {
			s.surge, s.hasSurge = *n, true
		}
	}
	return s
}

func (c *compactor) template(t *input.PodTemplate) {
	c.set(&t.Metadata.Labels)
	c.set(&t.Spec.NodeSelector)
	if grace := t.Spec.TerminationGracePeriodSeconds; grace != nil {
		t.Spec.TerminationGracePeriodSeconds = shared(c.seconds, *grace, grace)
	}
	for i := range t.Spec.ReadinessGates {
		c.text(&t.Spec.ReadinessGates[i].ConditionType)
	}
	for i := range t.Spec.InitContainers {
		c.container(&t.Spec.InitContainers[i])
	}
	for i := range t.Spec.Containers {
		c.container(&t.Spec.Containers[i])
	}
	for i := range t.Spec.Volumes {
		c.text(&t.Spec.Volumes[i].Name)
	}
}

func (c *compactor) container(x *input.Container) {
	c.text(&x.Name)
	c.text(&x.RestartPolicy)
	for i := range x.Ports {
		c.text(&x.Ports[i].Name)
		c.text(&x.Ports[i].Protocol)
	}
	for i := range x.VolumeMounts {
		c.text(&x.VolumeMounts[i].Name)
		c.text(&x.VolumeMounts[i].MountPath)
	}
	if l := x.Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil && l.PostStart == nil && l.StopSignal == "" {
		x.Lifecycle = shared(c.sleeps, l.PreStop.Sleep.Seconds, l)
	}
}
