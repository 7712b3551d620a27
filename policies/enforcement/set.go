package enforcement

import (
	"cmp"
	"fmt"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Set are the policies of a cluster, or of the files under review. It never changes
// once made and is safe for concurrent use; nil has none.
type Set struct {
	// policies are in order of precedence.
	policies []*Policy
}

// Policy is a NodeLocalPolicy, ready to be asked.
type Policy struct {
	*v1alpha1.NodeLocalPolicy
	// Problem says why the policy can hold for nothing, for example that a
	// selector is not one; nil if it can.
	Problem error

	// namespaces and objects are nil for everything.
	namespaces, objects labels.Selector
	// named are the guarded namespaces that the selector names.
	named []string
	// records are what is written into objects that follow the policy.
	records map[v1alpha1.Kind]record
	// parameters are by rule.
	parameters input.Parameters
}

// record is what an object that follows a policy carries.
type record struct {
	v1alpha1.EnforcedBy
	text string
}

// New prepares policies. What they point to must not change any more.
func New(policies []*v1alpha1.NodeLocalPolicy) *Set {
	s := &Set{}
	for _, policy := range policies {
		s.policies = append(s.policies, prepare(policy))
	}
	slices.SortFunc(s.policies, compare)
	return s
}

// Policies are all of them, in order of precedence.
func (s *Set) Policies() []*Policy {
	if s == nil {
		return nil
	}
	return s.policies
}

// For is the policy that holds for an object, nil if none does. related is asked
// only if a policy chooses the object; see [Concerns] for what it decides.
func (s *Set) For(object input.Object, namespace input.Namespace, related func() input.Related) *Policy {
	if s == nil {
		return nil
	}
	for _, policy := range s.policies {
		if policy.speaksOf(object.Kind()) && policy.chooses(object, namespace) {
			if !Concerns(object, related()) {
				return nil
			}
			return policy
		}
	}
	return nil
}

// EnforcedBy is what the policy writes into objects of a kind that follow it. It is
// not to be changed.
func (p *Policy) EnforcedBy(kind v1alpha1.Kind) v1alpha1.EnforcedBy {
	return p.records[kind].EnforcedBy
}

// Record is [Policy.EnforcedBy] as text, the value of the annotation.
func (p *Policy) Record(kind v1alpha1.Kind) string { return p.records[kind].text }

func prepare(policy *v1alpha1.NodeLocalPolicy) *Policy {
	p := &Policy{NodeLocalPolicy: policy, records: records(policy)}
	if p.parameters, p.Problem = parameters(&policy.Spec); p.Problem != nil {
		return p
	}
	if p.namespaces, p.Problem = selector(policy.Spec.NamespaceSelector, "namespaceSelector"); p.Problem != nil {
		return p
	}
	if p.objects, p.Problem = selector(policy.Spec.ObjectSelector, "objectSelector"); p.Problem != nil {
		return p
	}
	p.named = named(policy.Spec.NamespaceSelector)
	return p
}

func records(policy *v1alpha1.NodeLocalPolicy) map[v1alpha1.Kind]record {
	written := map[v1alpha1.Kind]record{}
	write := func(kind v1alpha1.Kind, words v1alpha1.Intent) {
		says := v1alpha1.NewEnforcedBy(policy.Name, words, policy.Spec.OptOut)
		written[kind] = record{says, says.String()}
	}
	if services := policy.Spec.Services; services != nil {
		write(v1alpha1.KindService, services.Intent())
	}
	if daemonSets := policy.Spec.DaemonSets; daemonSets != nil {
		write(v1alpha1.KindDaemonSet, daemonSets.Intent())
	}
	return written
}

// selector is nil, which is everything, if it is absent or empty; in metav1 an
// absent one is nothing.
func selector(s *metav1.LabelSelector, name string) (labels.Selector, error) {
	if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return nil, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil, fmt.Errorf("reading spec.%s: %w", name, err)
	}
	return selector, nil
}

// compare orders by precedence.
func compare(a, b *Policy) int {
	return cmp.Or(
		-cmp.Compare(a.Spec.Priority, b.Spec.Priority),
		-cmp.Compare(reach(a.Spec.Enforcement), reach(b.Spec.Enforcement)),
		cmp.Compare(a.Name, b.Name),
	)
}

// reach is how far an enforcement goes.
func reach(e v1alpha1.Enforcement) int {
	switch e {
	case v1alpha1.EnforcementEnforce:
		return 2
	case v1alpha1.EnforcementWarn:
		return 1
	}
	return 0
}

// speaksOf reports whether the policy has words for a kind.
func (p *Policy) speaksOf(kind v1alpha1.Kind) bool {
	_, found := p.records[kind]
	return found
}

// chooses reports whether the policy's selectors take an object.
func (p *Policy) chooses(object input.Object, namespace input.Namespace) bool {
	if p.Problem != nil {
		return false
	}
	if Guarded(namespace.Name) && !slices.Contains(p.named, namespace.Name) {
		return false
	}
	return (p.objects == nil || p.objects.Matches(labels.Set(object.Meta().Labels))) &&
		(p.namespaces == nil || p.namespaces.Matches(withName(namespace)))
}
