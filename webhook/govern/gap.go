package govern

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// ruleNoSurge is the rule about a Service whose calls stay on their node although
// the DaemonSet behind it is replaced with a gap. It warns a team that wrote the
// annotation; a policy must not do that to a team that wrote nothing.
const ruleNoSurge = "ISH302"

// gaps are the findings that keep a Service from a policy: DaemonSets behind it
// that a policy holds for as well and that go on without a surge, because they
// break a rule or opted out. The rule itself is about the DaemonSets of today, many
// of which get their surge before it is the Service's turn.
func gaps(ctx context.Context, rules validate.Rules, r *Request, after input.Object, decision *policies.Decision) {
	service, ok := after.(*input.Service)
	if !ok || service.Spec.InternalTrafficPolicy == nil || *service.Spec.InternalTrafficPolicy != "Local" {
		return
	}
	var found policies.Decision
	for _, daemonSet := range r.bearing().DaemonSets {
		if daemonSet.Surges() {
			continue
		}
		why, held := staysBehind(ctx, rules, r, service, daemonSet)
		if !held {
			continue
		}
		told := "DaemonSet " + daemonSet.Metadata.Name
		decision.Results = slices.DeleteFunc(slices.Clone(decision.Results), func(result policies.Result) bool {
			return result.ID == ruleNoSurge && strings.Contains(result.Message, told+" ")
		})
		if why != "" {
			found.Results = append(found.Results, policies.Result{
				ID: ruleNoSurge, Severity: policies.SeverityError, Field: "spec.selector",
				Message: fmt.Sprintf("Service %s/%s: its calls would stay on their node, but %s %s and goes on without a surge: they would fail while a rollout replaces its pod there.",
					r.Namespace.Name, service.Metadata.Name, told, why),
				Remedy: "Correct that DaemonSet. If it is to stay out of the policy, opt the Service out as well.",
			})
		}
	}
	rules.Exceptions.Apply(r.Object, rules.Now, &found)
	decision.Results = append(decision.Results, found.Results...)
	decision.Excepted = append(decision.Excepted, found.Excepted...)
	policies.SortResults(decision.Results)
}

// staysBehind says why a DaemonSet goes on without a surge although a policy holds
// for it; empty if it does not. Where none holds, that is its team's business and
// held is false.
func staysBehind(ctx context.Context, rules validate.Rules, r *Request, service *input.Service, daemonSet *input.DaemonSet) (why string, held bool) {
	about := &Request{
		Object: daemonSet, OldObject: daemonSet, Operation: input.OperationUpdate,
		Namespace: r.Namespace, Platform: r.Platform,
		Related: func(object input.Object) input.Related {
			related := r.Related(object)
			// Of a Service that is being created nobody has heard yet, and a policy is
			// about the DaemonSet for its sake.
			if !slices.ContainsFunc(related.Services, func(s *input.Service) bool { return s.Metadata.Name == service.Metadata.Name }) {
				related.Services = append(related.Services, service)
			}
			return related
		},
	}
	policy := holding(rules, about)
	if policy == nil {
		return "", false
	}
	own, errs := v1alpha1.ParseOwn(v1alpha1.KindDaemonSet, daemonSet.Metadata.Annotations)
	asks := asked(policy, v1alpha1.KindDaemonSet, own)
	switch {
	case len(errs) > 0:
		return "has annotations that cannot be read", true
	case asks.none():
		return "opted out", true
	}
	result := write(about, own, asks)
	if _, decision := try(ctx, rules, about, result.Object); decision.Denied() {
		return "breaks " + idsOf(decision.Errors()), true
	}
	if after, ok := result.Object.(*input.DaemonSet); !ok || !after.Surges() {
		return "cannot surge", true
	}
	return "", true
}

// trial is the verdict on an object as a policy that does not hold for it yet would
// make it.
func trial(ctx context.Context, rules validate.Rules, r *Request, policy *enforcement.Policy, after input.Object) (*input.Document, policies.Decision) {
	document, decision := try(ctx, rules, r, after)
	if policy != nil {
		gaps(ctx, rules, r, after, &decision)
	}
	return document, decision
}

func idsOf(results []policies.Result) string {
	ids := map[string]bool{}
	for _, result := range results {
		ids[result.ID] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(ids)), ", ")
}
