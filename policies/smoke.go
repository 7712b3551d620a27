package policies

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Smoke evaluates every rule on a few small objects and reports the rules that
// do not end in time, take too much memory, err, or answer nonsense. What a rule says of the objects
// does not matter. Whoever swaps engines runs it first: a rule that fails on
// these would fail closed on every object that opted in.
func (e *Engine) Smoke(ctx context.Context) error {
	var failures []error
	failed := map[string]bool{}
	for _, document := range smokeDocuments() {
		set := e.byKind[document.Object.Kind()]
		value := documents.Encode(reflect.ValueOf(document).Elem())
		for i, r := range set.rules {
			if failed[r.ID] {
				continue
			}
			bounded, done := withMemory(ctx, smokeMemory)
			answer, err := set.each[i].evaluate(bounded, e.timeout, value)
			done()
			if err == nil {
				err = newSubject(document).sensible(r, answer)
			}
			if err != nil {
				failed[r.ID] = true
				failures = append(failures, fmt.Errorf("rule %s (%s) fails on a plain %s: %w", r.ID, r.Package, document.Object.Kind(), err))
			}
		}
	}
	return errors.Join(failures...)
}

// sensible is an error if a rule's answer is not a set of findings.
func (s subject) sensible(r *rule, answer ast.Value) error {
	findings, err := findingsOf(answer)
	if err != nil {
		return err
	}
	for _, finding := range findings {
		if _, err := s.result(r, finding); err != nil {
			return err
		}
	}
	return nil
}

// smokeDocuments are a Service and a DaemonSet that belong together, and each
// of them with next to nothing in it.
func smokeDocuments() []*input.Document {
	metadata := func(name string) input.Metadata {
		return input.Metadata{
			Name: name, Namespace: "smoke",
			Labels:      map[string]string{"app": "smoke"},
			Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: string(v1alpha1.NodeLocalRequired)},
		}
	}
	service := &input.Service{
		TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: string(v1alpha1.KindService)},
		Metadata: metadata("service"),
		Spec: input.ServiceSpec{
			Type: "ClusterIP", ClusterIP: "10.96.0.10", Selector: map[string]string{"app": "smoke"},
			Ports:                 []input.ServicePort{{Name: "main", Protocol: "TCP", Port: 80, TargetPort: new(intstr.FromInt32(8080))}},
			InternalTrafficPolicy: new("Local"), SessionAffinity: "None",
		},
	}
	daemonSet := &input.DaemonSet{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: string(v1alpha1.KindDaemonSet)},
		Metadata: metadata("daemon"),
		Spec: input.DaemonSetSpec{
			MinReadySeconds: 5,
			UpdateStrategy: &input.UpdateStrategy{Type: "RollingUpdate", RollingUpdate: &input.RollingUpdate{
				MaxSurge: new(intstr.FromInt32(1)), MaxUnavailable: new(intstr.FromInt32(0)),
			}},
			Template: input.PodTemplate{
				Metadata: input.PodTemplateMetadata{Labels: map[string]string{"app": "smoke"}},
				Spec: input.PodSpec{
					TerminationGracePeriodSeconds: new(int64(30)),
					Containers: []input.Container{{
						Name: "main", Ports: []input.ContainerPort{{Name: "main", ContainerPort: 8080, Protocol: "TCP"}},
						ReadinessProbe: &input.Present{},
						Lifecycle:      &input.Lifecycle{PreStop: &input.PreStop{Sleep: &input.Sleep{Seconds: 5}}},
						VolumeMounts:   []input.VolumeMount{{Name: "state", MountPath: "/state"}},
					}},
					Volumes: []input.Volume{{Name: "state", HostPath: &input.HostPath{Path: "/var/lib/smoke", Type: "Directory"}}},
				},
			},
		},
	}
	document := func(object input.Object, related input.Related) *input.Document {
		return &input.Document{
			Object: object, Operation: input.OperationCreate, Namespace: input.Namespace{Name: "smoke"},
			Intent:   v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
			Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
			Related:  related,
		}
	}
	return []*input.Document{
		document(service, input.Related{DaemonSets: []*input.DaemonSet{daemonSet}}),
		document(daemonSet, input.Related{Services: []*input.Service{service}}),
		document(&input.Service{Metadata: input.Metadata{Name: "bare"}}, input.Related{}),
		document(&input.DaemonSet{Metadata: input.Metadata{Name: "bare"}}, input.Related{}),
	}
}
