package plan

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files again")

const everybody = "services: {nodeLocal: required}\ndaemonSets: {nodeLocal: required, drain: 5s}\nrollout: {first: [edge]}\n"

// town is a cluster in which each object has a fate of its own.
func town() []runtime.Object {
	return slices.Concat(
		daemon("core", "cache", "", ""),
		daemon("core", "socket", "", ", ports: [{containerPort: 80, hostPort: 80}]"),
		daemon("core", "quiet", "inshore.dev/node-local: disabled", ""),
		daemon("edge", "proxy", "", ""),
		daemon("lab", "trial", "", ""),
		daemon("kube-system", "dns", "", ""),
	)
}

func cluster() []*v1alpha1.NodeLocalPolicy {
	return []*v1alpha1.NodeLocalPolicy{policy("lab", "priority: 10\nnamespaceSelector: {matchLabels: {kubernetes.io/metadata.name: lab}}\nservices: {nodeLocal: preferred}\nenforcement: Warn\n")}
}

func TestPlan(t *testing.T) {
	for name, test := range map[string]struct {
		proposal Proposal
		cluster  []*v1alpha1.NodeLocalPolicy
		objects  []runtime.Object
	}{
		"everybody": {Proposal{Policies: []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody)}}, cluster(), town()},
		"as-is":     {Proposal{Policies: []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody)}, AsIs: true}, nil, town()},
		"off":       {Proposal{Off: []string{"everybody"}}, []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody+"enforcement: Enforce\n")}, following(t)},
		"deleted":   {Proposal{Delete: []string{"everybody"}}, []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody+"enforcement: Enforce\n")}, following(t)},
		"follows":   {Proposal{}, []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody+"enforcement: Enforce\n")}, following(t)},
		"none":      {Proposal{}, nil, town()},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name+".txt", written(t, made(t, test.proposal, test.cluster, test.objects...)))
		})
	}
}

// following is a small cluster in which everything follows the policy.
func following(t *testing.T) []runtime.Object {
	t.Helper()
	objects := slices.Concat(daemon("core", "cache", "", ""), daemon("edge", "proxy", "", ""))
	p := made(t, Proposal{Policies: []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody)}}, nil, objects...)
	if len(p.Policies[0].Changes) != len(objects) {
		t.Fatalf("%d changes, want %d", len(p.Policies[0].Changes), len(objects))
	}
	return applied(t, p, objects)
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the plan is not %s; if it should be otherwise, run the test with -update:\n%s", file, diff)
	}
}

// Patches are exact: an object to which its patch was applied needs no further
// change, and what is undone is as it was.
func TestWhatWasPlannedIsAllThereIsToDo(t *testing.T) {
	before := slices.Concat(daemon("core", "cache", "", ""), daemon("edge", "proxy", "", ""))
	after := following(t)
	inForce := []*v1alpha1.NodeLocalPolicy{policy("everybody", everybody+"enforcement: Enforce\n")}
	if p := made(t, Proposal{}, inForce, after...); !p.Empty() || p.Policies[0].Follows != 4 {
		t.Errorf("after its own patches there is left to do\n%s", written(t, p))
	}
	undone := applied(t, made(t, Proposal{Delete: []string{"everybody"}}, inForce, after...), after)
	for i := range before {
		if diff := cmp.Diff(text(t, before[i]), text(t, undone[i])); diff != "" {
			t.Errorf("undone, the object is not as it was:\n%s", diff)
		}
	}
}

func TestAMissedMutationIsNoPartOfThePlan(t *testing.T) {
	objects := daemon("core", "cache", "inshore.dev/node-local: required", "")
	objects[0].(*appsv1.DaemonSet).Spec.UpdateStrategy.RollingUpdate = nil
	p := made(t, Proposal{}, nil, objects...)
	if !p.Empty() || len(p.Notes) != 1 || !strings.Contains(p.Notes[0], "1 objects are not as admission would have left them") {
		t.Errorf("the plan is\n%s", written(t, p))
	}
}

func TestAProposalThatCannotBeMeant(t *testing.T) {
	there := []*v1alpha1.NodeLocalPolicy{policy("b", ""), policy("a", "")}
	for name, test := range map[string]struct {
		proposal Proposal
		want     string
	}{
		"to switch off what is not there":     {Proposal{Off: []string{"x"}}, "there is no NodeLocalPolicy x in the cluster: there are a, b"},
		"to delete what is not there":         {Proposal{Delete: []string{"x"}}, "there is no NodeLocalPolicy x in the cluster: there are a, b"},
		"to apply two of a name":              {Proposal{Policies: []*v1alpha1.NodeLocalPolicy{policy("a", ""), policy("a", "")}}, "NodeLocalPolicy a stands in the files twice"},
		"to apply and delete one":             {Proposal{Policies: []*v1alpha1.NodeLocalPolicy{policy("a", "")}, Delete: []string{"a"}}, "NodeLocalPolicy a cannot be applied and"},
		"to switch off and delete one":        {Proposal{Off: []string{"a"}, Delete: []string{"a"}}, "NodeLocalPolicy a cannot be off and"},
		"to do everything to different ones ": {Proposal{Off: []string{"a"}, Delete: []string{"b"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := test.proposal.On(there)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}
