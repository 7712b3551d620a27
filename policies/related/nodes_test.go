package related_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func node(name string, labels map[string]string, taints ...input.Taint) *input.Node {
	return &input.Node{Metadata: input.NodeMetadata{Name: name, Labels: labels}, Spec: input.NodeSpec{Taints: taints}}
}

// The cluster of these tests.
func nodes(store *related.Store) *related.Store {
	for _, n := range []*input.Node{
		node("cp", nil, input.Taint{Key: "node-role.kubernetes.io/control-plane", Effect: "NoSchedule"}),
		node("a", map[string]string{"arch": "amd64", "cores": "8"}),
		node("b", map[string]string{"arch": "arm64", "cores": "64"}, input.Taint{Key: "maintenance", Effect: "PreferNoSchedule"}),
		node("gpu", map[string]string{"arch": "amd64"}, input.Taint{Key: "dedicated", Value: "gpu", Effect: "NoSchedule"}),
		node("sick", map[string]string{"arch": "amd64"}, input.Taint{Key: "node.kubernetes.io/disk-pressure", Effect: "NoSchedule"},
			input.Taint{Key: "ToBeDeletedByClusterAutoscaler", Effect: "NoSchedule"}),
	} {
		store.PutNode(n)
	}
	return store
}

func requires(terms ...input.NodeSelectorTerm) func(*input.PodSpec) {
	return func(p *input.PodSpec) {
		p.Affinity = &input.Affinity{NodeAffinity: &input.NodeAffinity{Required: &input.NodeSelector{NodeSelectorTerms: terms}}}
	}
}

func expression(key, operator string, values ...string) input.NodeSelectorTerm {
	return input.NodeSelectorTerm{MatchExpressions: []input.NodeSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
}

func field(operator, value string) input.NodeSelectorTerm {
	return input.NodeSelectorTerm{MatchFields: []input.NodeSelectorRequirement{{Key: "metadata.name", Operator: operator, Values: []string{value}}}}
}

func tolerating(tolerations ...input.Toleration) func(*input.PodSpec) {
	return func(p *input.PodSpec) { p.Tolerations = tolerations }
}

func TestADaemonSetReachesTheNodesThatItsPodsMayRunOn(t *testing.T) {
	store := nodes(&related.Store{})
	both := expression("arch", "In", "amd64")
	both.MatchFields = field("NotIn", "a").MatchFields
	for sentence, test := range map[string]struct {
		pod    func(*input.PodSpec)
		reach  int
		missed []string
	}{
		"with nothing said, all but the tainted ones; what passes keeps nobody away": {
			func(*input.PodSpec) {}, 3, []string{"gpu"},
		},
		"a nodeSelector": {
			func(p *input.PodSpec) { p.NodeSelector = map[string]string{"arch": "amd64"} }, 2, []string{"b", "gpu"},
		},
		"a toleration of the taint":                     {tolerating(input.Toleration{Key: "dedicated", Value: "gpu", Effect: "NoSchedule"}), 4, nil},
		"a toleration of the key":                       {tolerating(input.Toleration{Key: "dedicated", Operator: "Exists"}), 4, nil},
		"a toleration of another value":                 {tolerating(input.Toleration{Key: "dedicated", Operator: "Equal", Value: "db"}), 3, []string{"gpu"}},
		"a toleration of another effect":                {tolerating(input.Toleration{Key: "dedicated", Operator: "Exists", Effect: "NoExecute"}), 3, []string{"gpu"}},
		"a toleration of nothing":                       {tolerating(input.Toleration{}), 3, []string{"gpu"}},
		"a toleration by an operator that there is not": {tolerating(input.Toleration{Key: "dedicated", Operator: "Like"}), 3, []string{"gpu"}},
		"a toleration of everything takes in the control plane": {
			func(p *input.PodSpec) { p.Tolerations = []input.Toleration{{Operator: "Exists"}} }, 5, nil,
		},
		"an affinity, of which one term is enough": {
			requires(expression("arch", "In", "arm64"), expression("cores", "Lt", "10")), 2, []string{"gpu", "sick"},
		},
		"an affinity, of which all of a term must hold": {requires(both), 1, []string{"a", "b", "gpu"}},
		"NotIn holds without the label":                 {requires(expression("arch", "NotIn", "amd64")), 1, []string{"a", "gpu", "sick"}},
		"Exists":                                        {requires(expression("cores", "Exists")), 2, []string{"gpu", "sick"}},
		"DoesNotExist":                                  {requires(expression("cores", "DoesNotExist")), 1, []string{"a", "b", "gpu"}},
		"Gt":                                            {requires(expression("cores", "Gt", "8")), 1, []string{"a", "gpu", "sick"}},
		"Gt of what is no number":                       {requires(expression("arch", "Gt", "8")), 0, []string{"a", "b", "gpu"}},
		"Gt with a bound that is no number":             {requires(expression("cores", "Gt", "many")), 0, []string{"a", "b", "gpu"}},
		"Gt without a bound":                            {requires(expression("cores", "Gt")), 0, []string{"a", "b", "gpu"}},
		"an operator that there is not":                 {requires(expression("cores", "Near", "8")), 0, []string{"a", "b", "gpu"}},
		"an empty term":                                 {requires(input.NodeSelectorTerm{}), 0, []string{"a", "b", "gpu"}},
		"a field, as the controller itself writes it":   {requires(field("In", "b")), 1, []string{"a", "gpu", "sick"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			daemon := daemonSet("d", nil)
			test.pod(&daemon.Spec.Template.Spec)
			got := store.For(daemon).Nodes
			known := 4
			if test.reach == 5 {
				known = 5
			}
			want := &input.Reach{Known: known, Reached: test.reach, Missed: test.missed}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if again := store.For(daemon).Nodes; again != got {
				t.Error("the answer was made again though no node changed")
			}
		})
	}
}

func TestNodesOfADaemonSetBesideAreReached(t *testing.T) {
	store := nodes(&related.Store{})
	amd, arm := daemonSet("amd", map[string]string{"app": "a"}), daemonSet("arm", map[string]string{"app": "a"})
	amd.Spec.Template.Spec.NodeSelector = map[string]string{"arch": "amd64"}
	arm.Spec.Template.Spec.NodeSelector = map[string]string{"arch": "arm64"}
	store.PutDaemonSet(amd)
	store.PutDaemonSet(arm)
	front := service("s", map[string]string{"app": "a"})
	store.PutService(front)
	if got := store.For(amd).Nodes; got.Reached != 2 {
		t.Errorf("a Service that nobody opted in relates nothing, got %+v", got)
	}
	front = service("s", map[string]string{"app": "a"})
	front.Metadata.Annotations = map[string]string{"inshore.dev/node-local": "required"}
	store.PutService(front)
	for _, daemon := range []*input.DaemonSet{amd, arm} {
		if got := store.For(daemon).Nodes; got.Reached != 3 || len(got.Missed) != 1 {
			t.Errorf("%s: got %+v, want the nodes of both", daemon.Metadata.Name, got)
		}
	}
}

func TestAnAnswerFollowsTheNodes(t *testing.T) {
	store := &related.Store{}
	daemon := daemonSet("d", nil)
	if got := store.For(daemon).Nodes; got != nil {
		t.Errorf("no node is known, got %+v", got)
	}
	taint := input.Taint{Key: "dedicated", Effect: "NoExecute"}
	for i := range 5 {
		store.PutNode(node(fmt.Sprintf("n%d", i), nil, taint))
	}
	if got := store.For(daemon).Nodes; got.Known != 5 || len(got.Missed) != 3 {
		t.Errorf("got %+v, want five nodes and three names", got)
	}
	store.PutNode(node("n0", nil))
	store.DeleteNode("n4")
	if diff := cmp.Diff(&input.Reach{Known: 4, Reached: 1, Missed: []string{"n1", "n2", "n3"}}, store.For(daemon).Nodes); diff != "" {
		t.Error(diff)
	}
}

// BenchmarkReach is a review's part in a large cluster, while no node changes and
// right after one did.
func BenchmarkReach(b *testing.B) {
	store := &related.Store{}
	for i := range 5000 {
		store.PutNode(node(fmt.Sprintf("n%d", i), map[string]string{"arch": "amd64", "zone": fmt.Sprint(i % 3)},
			input.Taint{Key: "dedicated", Value: fmt.Sprint(i % 10), Effect: "NoSchedule"}))
	}
	daemon := daemonSet("d", nil)
	daemon.Spec.Template.Spec.NodeSelector = map[string]string{"arch": "amd64"}
	daemon.Spec.Template.Spec.Tolerations = []input.Toleration{{Key: "dedicated", Operator: "Exists"}}
	b.Run("unchanged", func(b *testing.B) {
		for b.Loop() {
			store.For(daemon)
		}
	})
	b.Run("changed", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			store.PutNode(node("n0", map[string]string{"arch": "amd64", "n": fmt.Sprint(i)}))
			store.For(daemon)
		}
	})
}
