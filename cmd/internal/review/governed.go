package review

import (
	"context"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/govern"
)

// judgeGoverned judges an object where there are policies, as if it were created:
// it gets what the policy that holds for it would write, and whatever the policy
// would refuse is a finding. Of a policy that is not enforced these are warnings.
func judgeGoverned(ctx context.Context, config Config, s *kept, relations *relations) Verdict {
	sent := s.question.object.Object()
	request := &govern.Request{
		Object: sent, Operation: input.OperationCreate, Namespace: relations.around(s), Platform: config.Platform,
		Related: func(object input.Object) input.Related { return relatedGoverned(ctx, config, s, relations, object) }, Review: true,
	}
	mutation, _ := govern.Mutate(ctx, config.Rules, request)
	mutated := *request
	mutated.Object = mutation.Object
	said := govern.Validate(ctx, config.Rules, &mutated)
	if said.Policy == nil && !v1alpha1.HasOurs(sent.Meta().Annotations) && !misplaced(sent) {
		return Verdict{Ref: s.Ref}
	}
	verdict := Verdict{
		Ref: s.Ref, Asked: true,
		Changes: mutation.Changes, Patch: mutation.Patch, Refused: mutation.Refused,
		Warnings: slices.Concat(mutation.Warnings, said.Warnings),
	}
	annotations := mutation.Object.Meta().Annotations
	verdict.Intent, _ = v1alpha1.Parse(sent.Kind(), annotations)
	if followed, err := v1alpha1.ParseEnforcedBy(annotations[v1alpha1.AnnotationEnforcedBy]); err == nil {
		verdict.Policy = followed.Policy
	}
	verdict.place(said.Decision, s.question.positions)
	return verdict
}

// relatedGoverned are the objects that bear on one, as they are once they have been
// admitted too: the DaemonSet that a policy lets surge is not to be held against
// the Service in front of it.
func relatedGoverned(ctx context.Context, config Config, s *kept, relations *relations, object input.Object) input.Related {
	admit := func(object input.Object) input.Object {
		request := &govern.Request{
			Object: object, Operation: input.OperationCreate, Namespace: relations.around(s), Platform: config.Platform,
			Related: func(object input.Object) input.Related { return relations.to(s, object) },
		}
		mutation, _ := govern.Mutate(ctx, config.Rules, request)
		meta := mutation.Object.Meta()
		if intent, errs := v1alpha1.Parse(object.Kind(), meta.Annotations); len(errs) == 0 {
			meta.Annotations = intent.Annotations()
		}
		return mutation.Object
	}
	found := relations.to(s, object)
	for i, daemonSet := range found.DaemonSets {
		found.DaemonSets[i], _ = admit(daemonSet).(*input.DaemonSet)
	}
	for i, service := range found.Services {
		found.Services[i], _ = admit(service).(*input.Service)
	}
	return found
}
