package validate_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// daemonSet is one without fault, as mutation leaves it.
func daemonSet() *input.DaemonSet {
	return &input.DaemonSet{
		TypeMeta: input.TypeMeta{APIVersion: "apps/v1", KindName: "DaemonSet"},
		Metadata: input.Metadata{Name: "mcrouter", Namespace: "core", Annotations: map[string]string{
			v1alpha1.AnnotationNodeLocal: "required", v1alpha1.AnnotationDrain: "15s",
		}},
		Spec: input.DaemonSetSpec{
			MinReadySeconds: 5,
			UpdateStrategy: &input.UpdateStrategy{Type: "RollingUpdate", RollingUpdate: &input.RollingUpdate{
				MaxSurge: new(intstr.FromInt32(1)), MaxUnavailable: new(intstr.FromInt32(0)),
			}},
			Template: input.PodTemplate{Spec: input.PodSpec{
				TerminationGracePeriodSeconds: new(int64(45)),
				Containers: []input.Container{{
					Name: "mcrouter", ReadinessProbe: &input.Present{}, Ports: []input.ContainerPort{{ContainerPort: 11211}},
					Lifecycle: &input.Lifecycle{PreStop: &input.PreStop{Sleep: &input.Sleep{Seconds: 15}}},
				}},
			}},
		},
	}
}

// with is the DaemonSet changed.
func with(change func(*input.DaemonSet)) *input.DaemonSet {
	d := daemonSet()
	change(d)
	return d
}

func hostPort(d *input.DaemonSet) { d.Spec.Template.Spec.Containers[0].Ports[0].HostPort = 11211 }
func mistyped(d *input.DaemonSet) { d.Metadata.Annotations[v1alpha1.AnnotationMaxSurge] = "many" }
func deleted(d *input.DaemonSet)  { d.Metadata.DeletionTimestamp = "2026-03-14T09:26:53Z" }

// applied is what kubectl and the API server keep in annotations of a version.
func applied(version string) func(*input.DaemonSet) {
	return func(d *input.DaemonSet) {
		d.Metadata.Annotations["kubectl.kubernetes.io/last-applied-configuration"] = `{"image": "` + version + `"}`
		d.Metadata.Annotations["deprecated.daemonset.template.generation"] = version
	}
}

func newEngine(tb testing.TB) *policies.Engine {
	tb.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	return engine
}

func TestJudge(t *testing.T) {
	engine := newEngine(t)
	both := func(changes ...func(*input.DaemonSet)) *input.DaemonSet {
		return with(func(d *input.DaemonSet) {
			for _, change := range changes {
				change(d)
			}
		})
	}
	labelled := func(d *input.DaemonSet) { d.Metadata.Labels = map[string]string{"team": "cache"} }
	cases := map[string]struct {
		object, old *input.DaemonSet
		errors      []string
		warnings    []string
	}{
		"a DaemonSet without fault": {object: daemonSet()},
		"a fault on create is an error": {
			object: both(hostPort), errors: []string{"ISH201"},
		},
		"a fault that an update brings is an error": {
			object: both(hostPort), old: daemonSet(), errors: []string{"ISH201"},
		},
		"a fault that an update leaves, changing something else that rules read, is an error": {
			object: both(hostPort, labelled), old: both(hostPort), errors: []string{"ISH201"},
		},
		"a fault in an update that changes nothing that rules read is a warning": {
			object: both(hostPort), old: both(hostPort), warnings: []string{"ISH201"},
		},
		"an update of the status alone is the same": {
			object: both(hostPort, func(d *input.DaemonSet) { d.Metadata.GenerateName = "x-" }), old: both(hostPort),
			warnings: []string{"ISH201"},
		},
		"a fault in an update of what nobody reads, whose bookkeeping follows, is a warning": {
			object: both(hostPort, applied("2")), old: both(hostPort, applied("1")), warnings: []string{"ISH201"},
		},
		"the bookkeeping of the first kubectl apply is no change either": {
			object: both(hostPort, applied("1")), old: both(hostPort), warnings: []string{"ISH201"},
		},
		"an annotation that cannot be read is an error": {
			object: both(mistyped), errors: []string{"ISH002"},
		},
		"an annotation that could not be read before either is a warning": {
			object: both(mistyped), old: both(mistyped), warnings: []string{"ISH002"},
		},
		"an annotation that cannot be read does not hide other errors": {
			object: both(mistyped, hostPort), errors: []string{"ISH002", "ISH201"},
		},
		"an annotation that cannot be read hides warnings about what it would have set": {
			object: both(mistyped, func(d *input.DaemonSet) {
				d.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable = new(intstr.FromInt32(1))
				d.Spec.UpdateStrategy.RollingUpdate.MaxSurge = new(intstr.FromInt32(0))
			}),
			errors: []string{"ISH002"},
		},
		"an object that is being deleted gets no results": {
			object: both(hostPort, mistyped, deleted), old: both(hostPort, mistyped),
		},
		"an object that nobody opted in gets no results": {
			object: both(hostPort, func(d *input.DaemonSet) { d.Metadata.Annotations = nil }),
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			document := &input.Document{
				Object: c.object, Operation: input.OperationCreate, Namespace: input.Namespace{Name: "core"},
				Platform: v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
				// Without a Service that opted in, the DaemonSet would not be without fault.
				Related: input.Related{Services: []*input.Service{{Metadata: input.Metadata{
					Name: "mcrouter", Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: "required"},
				}}}},
			}
			if c.old != nil {
				document.OldObject, document.Operation = c.old, input.OperationUpdate
			}
			decision := validate.Judge(t.Context(), validate.Rules{Engine: engine}, document)
			if got := ids(decision.Errors()); !slices.Equal(got, c.errors) {
				t.Errorf("errors %v, want %v: %+v", got, c.errors, decision.Results)
			}
			if got := ids(decision.Warnings()); !slices.Equal(got, c.warnings) {
				t.Errorf("warnings %v, want %v: %+v", got, c.warnings, decision.Results)
			}
			if decision.Denied() != (len(c.errors) > 0) {
				t.Errorf("denied %v", decision.Denied())
			}
			if decision.Revision != engine.Revision() {
				t.Errorf("revision %q, want the engine's", decision.Revision)
			}
		})
	}
}

func TestServicesAreRatchetedToo(t *testing.T) {
	engine := newEngine(t)
	service := func() *input.Service {
		return &input.Service{
			TypeMeta: input.TypeMeta{APIVersion: "v1", KindName: "Service"},
			Metadata: input.Metadata{Name: "mcrouter", Namespace: "core", Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: "required"}},
			Spec:     input.ServiceSpec{Type: "ClusterIP", ClusterIP: "None", Selector: map[string]string{"app": "mcrouter"}},
		}
	}
	document := &input.Document{Object: service(), Operation: input.OperationCreate}
	if decision := validate.Judge(t.Context(), validate.Rules{Engine: engine}, document); !decision.Denied() {
		t.Fatalf("a headless Service is allowed: %+v", decision)
	}
	document = &input.Document{Object: service(), OldObject: service(), Operation: input.OperationUpdate}
	if decision := validate.Judge(t.Context(), validate.Rules{Engine: engine}, document); decision.Denied() || len(decision.Warnings()) == 0 {
		t.Errorf("an update that changes nothing gets %+v", decision)
	}
}

func ids(results []policies.Result) []string {
	var all []string
	for _, result := range results {
		all = append(all, result.ID)
	}
	return all
}

func ExampleJudge() {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		panic(err)
	}
	decision := validate.Judge(context.Background(), validate.Rules{Engine: engine}, &input.Document{
		Object: with(hostPort), Operation: input.OperationCreate,
	})
	for _, result := range decision.Errors() {
		fmt.Println(result.ID, result.Field)
	}
	// Output: ISH201 spec.template.spec.containers[0].ports[0].hostPort
}
