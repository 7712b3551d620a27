package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Config is what a plan is made of.
type Config struct {
	// Facts are with their Objects.
	Facts *audit.Facts
	// Rules are with the policies as they would be.
	Rules validate.Rules
	// Changes are what is proposed about policies, by name.
	Changes map[string]Change
	// Version is this program's.
	Version string
}

// Make decides about every object. The error is that ctx is done.
func Make(ctx context.Context, config Config) (*Plan, error) {
	m := &making{Config: config, parts: map[string]*Policy{}, gaps: map[Object]bool{}}
	for _, policy := range config.Rules.Enforcement.Policies() {
		m.begin(policy)
	}
	slices.SortFunc(config.Facts.Objects, func(a, b audit.Stored) int { return compareObjects(nameOf(a), nameOf(b)) })
	for _, object := range config.Facts.Objects {
		if object.Meta().DeletionTimestamp == "" {
			m.decide(ctx, object)
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("judging: %w", ctx.Err())
		}
	}
	return m.end(), nil
}

// making is a plan in the making.
type making struct {
	Config
	order []string
	parts map[string]*Policy
	// alone are the policies, each as if there were no other.
	alone  []*enforcement.Set
	missed int
	// gaps are the DaemonSets that are left as they are and delete a pod before they
	// start the next.
	gaps map[Object]bool
}

func (m *making) begin(policy *enforcement.Policy) {
	part := m.part(policy.Name)
	// The API server fills in what a file leaves out.
	part.Enforcement = cmp.Or(policy.Spec.Enforcement, v1alpha1.EnforcementAudit)
	part.OptOut, part.Priority = cmp.Or(policy.Spec.OptOut, v1alpha1.OptOutAllowed), policy.Spec.Priority
	part.Rollout, part.Guarded = policy.Spec.RolloutOrDefault(), policy.Guards()
	if policy.Problem != nil {
		part.Problem = policy.Problem.Error()
	}
	m.alone = append(m.alone, enforcement.New([]*v1alpha1.NodeLocalPolicy{policy.NodeLocalPolicy}))
}

// part is a policy's part of the plan; one that is gone, or that somebody has
// deleted before its roll-out was undone, has the pace of the default.
func (m *making) part(name string) *Policy {
	part := m.parts[name]
	if part == nil {
		part = &Policy{
			Name: name, Change: m.Changes[name], Rollout: (&v1alpha1.NodeLocalPolicySpec{}).RolloutOrDefault(),
			Changes: []ObjectChange{}, Violating: []Violation{}, OptedOut: []Object{}, Elsewhere: []Elsewhere{},
		}
		m.parts[name] = part
		m.order = append(m.order, name)
	}
	return part
}

func (m *making) decide(ctx context.Context, object audit.Stored) {
	request := &govern.Request{
		Object: object.Object, OldObject: object.Object, Operation: input.OperationUpdate,
		Namespace: m.Facts.Store.Namespace(object.Meta().Namespace), Platform: m.Facts.Platform, Related: m.Facts.Store.For,
	}
	position := govern.Target(ctx, m.Rules, request)
	if len(position.Repair.Patch) > 0 {
		m.missed++
	}
	if position.Policy != nil {
		m.count(object, position)
	}
	if position.Standing == govern.Pending {
		m.change(object, position)
	}
	if position.Standing == govern.OptedOut || position.Standing == govern.Violating {
		daemonSet, is := object.Object.(*input.DaemonSet)
		m.gaps[nameOf(object)] = is && !daemonSet.Surges()
	}
	m.elsewhere(object, request.Namespace, position.Policy)
}

// count counts an object that a policy holds for.
func (m *making) count(object audit.Stored, position govern.Position) {
	part := m.part(position.Policy.Name)
	part.Matched++
	switch position.Standing {
	case govern.Follows:
		part.Follows++
	case govern.Unenforced:
		part.Unenforced++
	case govern.OptedOut:
		part.OptedOut = append(part.OptedOut, nameOf(object))
	}
	if position.Standing == govern.Violating || position.Trial.Denied() && position.Standing != govern.OptedOut {
		part.Violating = append(part.Violating, Violation{nameOf(object), position.Trial.Errors()})
	}
}

func (m *making) change(object audit.Stored, position govern.Position) {
	name, undo := rollout.Due(position)
	change := ObjectChange{Object: nameOf(object), Undo: undo, Patch: position.Rollout.Patch, Fields: []Field{}}
	for _, c := range position.Rollout.Changes {
		change.Fields = append(change.Fields, Field(c))
		change.Restarts = change.Restarts || strings.HasPrefix(c.Field, "spec.template.")
	}
	if change.Restarts {
		change.Pods = object.Pods
	}
	if service, is := position.Rollout.Object.(*input.Service); is && !undo && service.Spec.InternalTrafficPolicy != nil && *service.Spec.InternalTrafficPolicy == "Local" {
		// Of one namespace DaemonSets are decided about before Services.
		for _, daemonSet := range m.Facts.Store.For(object.Object).DaemonSets {
			name := Object{APIVersion: "apps/v1", Kind: v1alpha1.KindDaemonSet, Namespace: change.Namespace, Name: daemonSet.Metadata.Name}
			if m.gaps[name] {
				change.Gap = append(change.Gap, name.Name)
			}
		}
	}
	part := m.part(name)
	part.Changes = append(part.Changes, change)
}

// elsewhere notes which policies choose the object in vain.
func (m *making) elsewhere(object audit.Stored, namespace input.Namespace, holds *enforcement.Policy) {
	if holds == nil {
		return
	}
	for _, alone := range m.alone {
		policy := alone.Policies()[0]
		if policy.Name == holds.Name || alone.For(object.Object, namespace, func() input.Related { return m.Facts.Store.For(object.Object) }) == nil {
			continue
		}
		part := m.part(policy.Name)
		part.Elsewhere = append(part.Elsewhere, Elsewhere{nameOf(object), holds.Name, precedence(holds, policy)})
	}
}

// precedence says why a policy holds and another does not.
func precedence(holds, other *enforcement.Policy) string {
	switch {
	case holds.Spec.Priority != other.Spec.Priority:
		return fmt.Sprintf("priority %d over %d", holds.Spec.Priority, other.Spec.Priority)
	case holds.Spec.Enforcement != other.Spec.Enforcement:
		return fmt.Sprintf("%s over %s at the same priority", holds.Spec.Enforcement, other.Spec.Enforcement)
	}
	return "first by name at the same priority"
}

// end puts the parts in order and counts.
func (m *making) end() *Plan {
	p := &Plan{
		Version: m.Version, Kubernetes: m.Facts.Platform.Kubernetes.String(), Revision: m.Rules.Engine.Revision(),
		Policies: []Policy{}, Notes: slices.Clone(m.Facts.Notes), Summary: Summary{Objects: len(m.Facts.Objects)},
	}
	// Those that still stand were begun first.
	slices.Sort(m.order[len(m.alone):])
	namespaces := map[string]bool{}
	for _, name := range m.order {
		part := m.parts[name]
		slices.SortStableFunc(part.Changes, func(a, b ObjectChange) int { return compareChanges(a, b, part.Rollout.First) })
		// The first object is changed at once, and each further one a turn later.
		part.Seconds = (max(0, len(part.Changes)-1)*60 + int(part.Rollout.ObjectsPerMinute) - 1) / int(part.Rollout.ObjectsPerMinute)
		for _, change := range part.Changes {
			p.Summary.Change++
			p.Summary.Pods += change.Pods
			if change.Undo {
				p.Summary.Undo++
			}
			namespaces[change.Namespace] = true
		}
		p.Summary.Violating += len(part.Violating)
		p.Summary.OptedOut += len(part.OptedOut)
		p.Policies = append(p.Policies, *part)
	}
	p.Summary.Namespaces = len(namespaces)
	if m.missed > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("%d objects are not as admission would have left them, which is repair's to put right and no part of this plan: see inshore audit", m.missed))
	}
	return p
}

// compareChanges is the order of webhook/rollout: what is undone first; the
// namespaces of first, then the others by name; DaemonSets before Services, and
// in an undo the other way round.
func compareChanges(a, b ObjectChange, first []string) int {
	rank := func(namespace string) int {
		if i := slices.Index(first, namespace); i >= 0 {
			return i
		}
		return len(first)
	}
	if a.Undo != b.Undo {
		if a.Undo {
			return -1
		}
		return 1
	}
	if order := cmp.Or(cmp.Compare(rank(a.Namespace), rank(b.Namespace)), cmp.Compare(a.Namespace, b.Namespace)); order != 0 {
		return order
	}
	if a.Undo {
		a, b = b, a
	}
	return compareObjects(a.Object, b.Object)
}

// compareObjects orders by namespace, then DaemonSets before Services, then name.
func compareObjects(a, b Object) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

func nameOf(object audit.Stored) Object {
	meta := object.Meta()
	name := Object{APIVersion: "v1", Kind: object.Kind(), Namespace: strings.Clone(meta.Namespace), Name: strings.Clone(meta.Name)}
	if name.Kind == v1alpha1.KindDaemonSet {
		name.APIVersion = "apps/v1"
	}
	return name
}
