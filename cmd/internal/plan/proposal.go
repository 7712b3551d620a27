package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Proposal is what might be done to the policies of a cluster.
type Proposal struct {
	// Policies are added, or replace those of the same name. They are taken to be
	// enforced unless AsIs is set.
	Policies []*v1alpha1.NodeLocalPolicy
	AsIs     bool
	// Off are names of policies that are enforced no longer, Delete of those that
	// are gone.
	Off, Delete []string
}

// Change is what a proposal does to a policy.
type Change string

// The changes; the zero value is none.
const (
	Applied Change = "applied"
	Off     Change = "off"
	Deleted Change = "deleted"
)

// On are the policies of a cluster after the proposal, and what it does to which.
// The error is a proposal that cannot be meant.
func (p Proposal) On(cluster []*v1alpha1.NodeLocalPolicy) ([]*v1alpha1.NodeLocalPolicy, map[string]Change, error) {
	changes := map[string]Change{}
	after := slices.Clone(cluster)
	var errs []error
	for _, proposed := range p.Policies {
		if changes[proposed.Name] != "" {
			errs = append(errs, fmt.Errorf("NodeLocalPolicy %s stands in the files twice: leave one of them out", proposed.Name))
			continue
		}
		changes[proposed.Name] = Applied
		policy := proposed.DeepCopy()
		if !p.AsIs {
			policy.Spec.Enforcement = v1alpha1.EnforcementEnforce
		}
		after = append(without(after, proposed.Name), policy)
	}
	for _, name := range p.Off {
		i, err := p.find(after, changes, name)
		if errs = append(errs, err); err != nil {
			continue
		}
		changes[name] = Off
		policy := after[i].DeepCopy()
		policy.Spec.Enforcement = v1alpha1.EnforcementAudit
		after[i] = policy
	}
	for _, name := range p.Delete {
		_, err := p.find(after, changes, name)
		if errs = append(errs, err); err != nil {
			continue
		}
		changes[name] = Deleted
		after = without(after, name)
	}
	return after, changes, errors.Join(errs...)
}

// find looks for a policy that is in the cluster and has no other change.
func (p Proposal) find(policies []*v1alpha1.NodeLocalPolicy, changes map[string]Change, name string) (int, error) {
	if changes[name] != "" {
		return 0, fmt.Errorf("NodeLocalPolicy %s cannot be %s and switched off or deleted at once: plan one after the other", name, changes[name])
	}
	i := slices.IndexFunc(policies, func(policy *v1alpha1.NodeLocalPolicy) bool { return policy.Name == name })
	if i >= 0 {
		return i, nil
	}
	names := "it has none"
	if len(policies) > 0 {
		var all []string
		for _, policy := range policies {
			all = append(all, policy.Name)
		}
		slices.Sort(all)
		names = "there are " + strings.Join(all, ", ")
	}
	return 0, fmt.Errorf("there is no NodeLocalPolicy %s in the cluster: %s", name, names)
}

func without(policies []*v1alpha1.NodeLocalPolicy, name string) []*v1alpha1.NodeLocalPolicy {
	return slices.DeleteFunc(slices.Clone(policies), func(policy *v1alpha1.NodeLocalPolicy) bool { return policy.Name == name })
}
