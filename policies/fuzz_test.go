package policies_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

func FuzzAnyObjectIsJudged(f *testing.F) {
	engine := newEngine(f, policies.Config{})
	f.Add([]byte(`{"metadata":{"name":"a"},"spec":{"clusterIP":"None","selector":{"a":"b"}}}`))
	f.Add([]byte(`{"spec":{"updateStrategy":{"type":"OnDelete"},"template":{"spec":{"hostNetwork":true}}}}`))
	f.Add([]byte(`{"spec":{"template":{"spec":{"containers":[{"ports":[{"hostPort":-1}]}],"volumes":[{"hostPath":{"path":"//run/x"}}]}}}}`))
	f.Add([]byte(`{"spec":{"updateStrategy":{"rollingUpdate":{"maxSurge":"%","maxUnavailable":"\ud800"}},"minReadySeconds":-5}}`))
	f.Add([]byte(`{"spec":{"template":{"metadata":{"labels":{"a":"b"},"annotations":{"inshore.dev/drain":"1s"}},"spec":{"terminationGracePeriodSeconds":-1,
		"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"labelSelector":{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}}]}},
		"containers":[{"lifecycle":{"preStop":{"sleep":{"seconds":-3},"exec":{"command":["sh","-c","sleep 99999999m; sleep 1 & sleep 2m"]}}}}],
		"volumes":[{"hostPath":{"path":"/run/x"}},{"persistentVolumeClaim":{}}]}}}}`))
	f.Add([]byte(`{"spec":{"selector":{"a":"b"},"sessionAffinity":"ClientIP","publishNotReadyAddresses":true,"ports":[{"targetPort":"x"},{"targetPort":-1},{}]}}`))
	f.Fuzz(func(t *testing.T, source []byte) {
		for _, object := range []input.Object{&input.Service{}, &input.DaemonSet{}} {
			if json.Unmarshal(source, object) != nil {
				continue
			}
			document := &input.Document{
				Object:    object,
				OldObject: object,
				Operation: input.OperationUpdate,
				Intent:    v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired},
				Related:   relatedTo(object),
			}
			first, second := engine.Evaluate(t.Context(), document), engine.Evaluate(t.Context(), document)
			if !reflect.DeepEqual(first, second) {
				t.Errorf("two verdicts on one document: %+v and %+v", first, second)
			}
			for _, result := range first.Results {
				if strings.Contains(result.Message, "failed on") {
					t.Errorf("a rule failed: %+v", result)
				}
			}
		}
	})
}

// relatedTo is the object itself, in the place where rules would find another.
func relatedTo(object input.Object) input.Related {
	switch object := object.(type) {
	case *input.DaemonSet:
		related := input.Related{
			Services: []*input.Service{{Metadata: object.Metadata}},
			Nodes:    &input.Reach{Known: 3, Reached: 1, Missed: []string{object.Metadata.Name}},
		}
		for _, volume := range object.Spec.Template.Spec.Volumes {
			if volume.HostPath != nil {
				related.Mounts = append(related.Mounts, input.Mount{Path: volume.HostPath.Path, Clients: 2, Names: []string{object.Metadata.Name}})
			}
		}
		return related
	case *input.Service:
		return input.Related{
			DaemonSets: []*input.DaemonSet{{Metadata: object.Metadata}, {Metadata: object.Metadata}},
			Workloads:  []*input.Workload{{Metadata: object.Metadata}},
		}
	}
	return input.Related{}
}
