package enforcement_test

import (
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
)

type change func(*v1alpha1.NodeLocalPolicySpec)

func policy(name string, changes ...change) *v1alpha1.NodeLocalPolicy {
	p := &v1alpha1.NodeLocalPolicy{}
	p.Name = name
	p.Spec.Services = &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	p.Spec.DaemonSets = &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired}
	for _, change := range changes {
		change(&p.Spec)
	}
	return p
}

func priority(n int32) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) { s.Priority = n }
}

func enforces(e v1alpha1.Enforcement) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) { s.Enforcement = e }
}

func namespaces(key, value string) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func namespacesBy(key string, operator metav1.LabelSelectorOperator, values ...string) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
			{Key: key, Operator: operator, Values: values},
		}}
	}
}

func objects(key, value string) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) {
		s.ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
}

func service(changes ...func(*input.Service)) *input.Service {
	s := &input.Service{Metadata: input.Metadata{Name: "mcrouter", Labels: map[string]string{"tier": "cache"}}}
	s.Spec.Selector = map[string]string{"app": "mcrouter"}
	for _, change := range changes {
		change(s)
	}
	return s
}

func followed(s *input.Service) {
	s.Metadata.Annotations = map[string]string{v1alpha1.AnnotationEnforcedBy: "{}"}
}

// namespace is one as an API server has it.
func namespace(name string) input.Namespace {
	return input.Namespace{Name: name, Labels: map[string]string{"kubernetes.io/metadata.name": name, "team": "cache"}}
}

var daemon = input.Related{DaemonSets: []*input.DaemonSet{{}}}

func TestWhichPolicyHolds(t *testing.T) {
	const name = "kubernetes.io/metadata.name"
	for sentence, test := range map[string]struct {
		policies  []*v1alpha1.NodeLocalPolicy
		namespace input.Namespace // core if it has no name
		want      string
	}{
		"none if there is none":                                    {want: ""},
		"one that chooses everything":                              {policies: []*v1alpha1.NodeLocalPolicy{policy("a")}, want: "a"},
		"the one with the highest priority":                        {policies: []*v1alpha1.NodeLocalPolicy{policy("a", enforces("Enforce")), policy("b", priority(1), enforces("Audit"))}, want: "b"},
		"of equals the one that enforces more":                     {policies: []*v1alpha1.NodeLocalPolicy{policy("a", enforces("Audit")), policy("b", enforces("Warn")), policy("c", enforces("Enforce"))}, want: "c"},
		"a Warn beats what says nothing, which is Audit":           {policies: []*v1alpha1.NodeLocalPolicy{policy("a"), policy("b", enforces("Warn"))}, want: "b"},
		"of equals the first by name":                              {policies: []*v1alpha1.NodeLocalPolicy{policy("b"), policy("a")}, want: "a"},
		"the next if the first chooses other objects":              {policies: []*v1alpha1.NodeLocalPolicy{policy("a", priority(1), objects("tier", "web")), policy("b", objects("tier", "cache"))}, want: "b"},
		"the next if the first chooses other namespaces":           {policies: []*v1alpha1.NodeLocalPolicy{policy("a", priority(1), namespaces("team", "web")), policy("b", namespaces("team", "cache"))}, want: "b"},
		"the next if the first has no words for Services":          {policies: []*v1alpha1.NodeLocalPolicy{policy("a", priority(1), func(s *v1alpha1.NodeLocalPolicySpec) { s.Services = nil }), policy("b")}, want: "b"},
		"the next if the first has a selector that is none":        {policies: []*v1alpha1.NodeLocalPolicy{policy("a", priority(1), namespacesBy("team", "Near", "x")), policy("b")}, want: "b"},
		"none with only that":                                      {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespacesBy("team", "Near", "x"))}},
		"one with an empty selector":                               {policies: []*v1alpha1.NodeLocalPolicy{policy("a", func(s *v1alpha1.NodeLocalPolicySpec) { s.NamespaceSelector = &metav1.LabelSelector{} })}, want: "a"},
		"one by the name of a namespace of which no more is known": {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespaces(name, "core"))}, namespace: input.Namespace{Name: "core"}, want: "a"},
		"a guarded namespace is nobody's":                          {policies: []*v1alpha1.NodeLocalPolicy{policy("a")}, namespace: namespace("kube-system")},
		"nor that of one that chooses by other labels":             {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespaces("team", "cache"))}, namespace: namespace("kube-system")},
		"but of one that names it":                                 {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespaces(name, "kube-system"))}, namespace: namespace("kube-system"), want: "a"},
		"or names it among others":                                 {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespacesBy(name, "In", "core", "kube-system"))}, namespace: namespace("kube-system"), want: "a"},
		"leaving others out is not naming it":                      {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespacesBy(name, "NotIn", "core"))}, namespace: namespace("kube-system")},
		"naming another is not naming it":                          {policies: []*v1alpha1.NodeLocalPolicy{policy("a", namespacesBy(name, "In", "kube-public", "inshore-system"))}, namespace: namespace("kube-system")},
		"a guarded namespace leaves it to the next":                {policies: []*v1alpha1.NodeLocalPolicy{policy("a", priority(1)), policy("b", namespaces(name, "kube-system"))}, namespace: namespace("kube-system"), want: "b"},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := test.namespace
			if in.Name == "" {
				in = namespace("core")
			}
			got := ""
			if held := enforcement.New(test.policies).For(service(), in, func() input.Related { return daemon }); held != nil {
				got = held.Name
			}
			if got != test.want {
				t.Errorf("%q holds, want %q", got, test.want)
			}
		})
	}
}

func TestWhatPoliciesAreAbout(t *testing.T) {
	headless := func(s *input.Service) { s.Spec.ClusterIP = "None" }
	onHost := &input.DaemonSet{}
	onHost.Spec.Template.Spec.HostNetwork = true
	for sentence, test := range map[string]struct {
		object  input.Object
		related input.Related
		want    bool
	}{
		"a Service that a DaemonSet answers":                     {service(), daemon, true},
		"not one that nothing answers yet":                       {service(), input.Related{}, false},
		"but one that follows a policy and waits for its pods":   {service(followed), input.Related{}, true},
		"not one that something else answers too":                {service(followed), input.Related{DaemonSets: daemon.DaemonSets, Workloads: []*input.Workload{{}}}, false},
		"not a headless one":                                     {service(headless), daemon, false},
		"not an ExternalName":                                    {service(func(s *input.Service) { s.Spec.Type = "ExternalName" }), daemon, false},
		"not one without a selector":                             {service(func(s *input.Service) { s.Spec.Selector = nil }), daemon, false},
		"not one that pods on the host's network answer too":     {service(followed), input.Related{DaemonSets: append(daemon.DaemonSets, onHost)}, false},
		"not a DaemonSet on the host's network":                  {onHost, input.Related{Services: []*input.Service{service()}}, false},
		"a DaemonSet that a Service selects":                     {&input.DaemonSet{}, input.Related{Services: []*input.Service{service()}}, true},
		"not one that nobody calls":                              {&input.DaemonSet{}, input.Related{}, false},
		"not one that only a headless Service selects":           {&input.DaemonSet{}, input.Related{Services: []*input.Service{service(headless)}}, false},
		"but one that follows a policy and has lost its Service": {&input.DaemonSet{Metadata: service(followed).Metadata}, input.Related{}, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := enforcement.Concerns(test.object, test.related); got != test.want {
				t.Errorf("got %t", got)
			}
			held := enforcement.New([]*v1alpha1.NodeLocalPolicy{policy("a")}).For(test.object, namespace("core"), func() input.Related { return test.related })
			if (held != nil) != test.want {
				t.Errorf("a policy holds: %t", held != nil)
			}
		})
	}
}

func TestAPolicySaysWhatItLeavesOut(t *testing.T) {
	guards := func(changes ...change) []string {
		return enforcement.New([]*v1alpha1.NodeLocalPolicy{policy("a", changes...)}).Policies()[0].Guards()
	}
	if got := guards(); len(got) != 5 || !slices.Contains(got, "kube-system") || !slices.Contains(got, "inshore-agent") {
		t.Errorf("one for everything is kept from %q", got)
	}
	if got := guards(namespacesBy("kubernetes.io/metadata.name", "In", "kube-system", "core")); got != nil {
		t.Errorf("one that names what it wants is kept from %q", got)
	}
	if got := guards(namespacesBy("kubernetes.io/metadata.name", "Near", "x")); got != nil {
		t.Errorf("one that cannot be followed is kept from %q", got)
	}
}

func TestTheOrderOfPoliciesMakesNoDifference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*v1alpha1.NodeLocalPolicy
		for _, name := range []string{"a", "b", "c", "d"} {
			all = append(all, policy(name,
				priority(rapid.Int32Range(-1, 1).Draw(t, "priority")),
				enforces(rapid.SampledFrom([]v1alpha1.Enforcement{"", "Audit", "Warn", "Enforce"}).Draw(t, "enforcement")),
				rapid.SampledFrom([]change{objects("tier", "cache"), objects("tier", "web"), namespaces("team", "cache"), namespaces("team", "web")}).Draw(t, "selector"),
				parameters(rapid.SampledFrom([]string{"", `{"ISH203":{"paths":["/run"]}}`, `{"ISH203":{},"TEAM1":{"n":1}}`}).Draw(t, "parameters"))))
		}
		shuffled := rapid.Permutation(all).Draw(t, "order")
		one, other := enforcement.New(all), enforcement.New(shuffled)
		hold := func(s *enforcement.Set) string {
			if held := s.For(service(), namespace("core"), func() input.Related { return daemon }); held != nil {
				return held.Name
			}
			return ""
		}
		if hold(one) != hold(other) {
			t.Fatalf("%q holds, and in another order %q", hold(one), hold(other))
		}
		if a, b := encode(t, one.Parameters(service(), namespace("core"))), encode(t, other.Parameters(service(), namespace("core"))); a != b {
			t.Fatalf("parameters %s, and in another order %s", a, b)
		}
	})
}

func TestWithoutAPolicyNothingIsAllocatedOrLookedUp(t *testing.T) {
	related := func() input.Related {
		t.Error("asked what is related")
		return input.Related{}
	}
	var object input.Object = service()
	in := namespace("core")
	for sentence, set := range map[string]*enforcement.Set{
		"no set":           nil,
		"an empty set":     enforcement.New(nil),
		"one for others":   enforcement.New([]*v1alpha1.NodeLocalPolicy{policy("a", namespaces("team", "web")), policy("b", objects("tier", "web"))}),
		"a guarded system": enforcement.New([]*v1alpha1.NodeLocalPolicy{policy("a", namespaces("kubernetes.io/metadata.name", "kube-system"))}),
	} {
		allocated := testing.AllocsPerRun(100, func() {
			if set.For(object, in, related) != nil || set.Parameters(object, in) != nil {
				t.Error(sentence + ": a policy holds")
			}
		})
		if allocated > 0 {
			t.Errorf("%s: %v allocations for each object of the cluster", sentence, allocated)
		}
	}
}
