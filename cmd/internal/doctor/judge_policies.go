package doctor

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/environment"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

func judgeNodeLocal(f *Facts) Group {
	g := Group{Name: "Policies and audit"}
	judgeCRD(&g, f)
	judgeEntries(&g, f)
	for _, policy := range f.NodeLocalPolicies.Value {
		judgePolicy(&g, policy)
	}
	judgeLeader(&g, f)
	judgeReports(&g, f)
	return g
}

func judgeCRD(g *Group, f *Facts) {
	const name = "CRD nodelocalpolicies"
	switch {
	case f.CRD.Err != nil:
		g.unknown(name, f.CRD.Err)
		return
	case f.CRD.Value == nil:
		g.add(name, Problem, remedyReapply, "is missing: there can be no policies and no exceptions")
		return
	}
	lacking, served := f.CRD.Value.lacks()
	switch {
	case !served:
		g.add(name, Problem, remedyReapply, "serves no %s", v1alpha1.GroupVersion)
	case len(lacking) > 0:
		g.add(name, Problem, "apply the manifests of this release: the API server drops what the CRD does not know",
			"is older than this program: it has no %s", strings.Join(lacking, ", "))
	default:
		g.add(name, OK, "", "is of this release")
	}
	if f.NodeLocalPolicies.Err != nil {
		g.unknown("NodeLocalPolicies", f.NodeLocalPolicies.Err)
	}
}

// lacks are the fields of the Go types that the CRD does not have.
func (c *CRD) lacks() (fields []string, served bool) {
	for _, version := range c.Spec.Versions {
		if version.Name != v1alpha1.GroupVersion.Version || !version.Served {
			continue
		}
		for name, typ := range map[string]reflect.Type{
			"spec": reflect.TypeFor[v1alpha1.NodeLocalPolicySpec](), "status": reflect.TypeFor[v1alpha1.NodeLocalPolicyStatus](),
		} {
			known := version.Schema.OpenAPIV3Schema.Properties[name].Properties
			for i := range typ.NumField() {
				field, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
				if _, is := known[field]; !is {
					fields = append(fields, name+"."+field)
				}
			}
		}
		slices.Sort(fields)
		return fields, true
	}
	return nil, false
}

// judgeEntries compares the entries of the webhook configurations with those that
// the policies ask for. What each of them means is judged with the configurations.
func judgeEntries(g *Group, f *Facts) {
	const name = "entries for policies"
	if f.NodeLocalPolicies.Err != nil || f.Mutating.Value == nil || f.Validating.Value == nil {
		return // said elsewhere
	}
	set := enforcement.New(f.NodeLocalPolicies.Value)
	var live, wanted, base []string
	for _, w := range f.Mutating.Value.Webhooks {
		live = append(live, w.Name)
	}
	for _, w := range f.Validating.Value.Webhooks {
		live = append(live, w.Name)
	}
	for _, w := range registration.DeriveMutating(f.Mutating.Value, set) {
		wanted = append(wanted, w.Name)
	}
	for _, w := range registration.DeriveValidating(f.Validating.Value, set) {
		wanted = append(wanted, w.Name)
	}
	for _, w := range append(registration.Mutating(), registration.Validating()...) {
		base = append(base, w.Name)
	}
	missing := except(wanted, live)
	stale := except(except(live, wanted), base)
	switch {
	case len(missing) > 0:
		g.add(name, Problem, "the replicas write them within seconds: look at their log, and whether RBAC still lets them patch the two configurations",
			"%d are missing, so policies do not reach what is created: %s", len(missing), some(missing))
	case len(stale) > 0:
		g.add(name, Problem, "the replicas take them out within seconds: look at their log",
			"%d are of policies that are gone or do not ask for them: %s", len(stale), some(stale))
	case len(wanted) == 0:
		g.add(name, OK, "", "none needed: no policy warns or is enforced")
	default:
		g.add(name, OK, "", "%d, as the policies ask for", len(wanted))
	}
}

// except are the names in one list that are not in another.
func except(names, others []string) []string {
	var left []string
	for _, name := range names {
		if !slices.Contains(others, name) {
			left = append(left, name)
		}
	}
	return left
}

// intended are reasons of condition Progressing that somebody chose.
var intended = []string{rollout.ReasonComplete, rollout.ReasonNotEnforced, rollout.ReasonPaused}

func judgePolicy(g *Group, policy *v1alpha1.NodeLocalPolicy) {
	name, status := "NodeLocalPolicy "+policy.Name, policy.Status
	if status.ObservedGeneration < policy.Generation {
		g.add(name, Problem, "the leader writes the status within seconds: see audit leader below, and its log", "was edited and nobody has looked at it since")
		return
	}
	detail := fmt.Sprintf("%s: holds for %d objects, %d follow it, %d to change, %d break a rule",
		policy.Spec.Enforcement, status.Matched, status.Enforced, status.Pending, status.Violating)
	ready, progressing := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady), meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionProgressing)
	switch {
	case ready != nil && ready.Status == metav1.ConditionFalse:
		g.add(name, Problem, "correct the policy", "cannot be followed: %s", ready.Message)
	case progressing != nil && progressing.Status == metav1.ConditionFalse && !slices.Contains(intended, progressing.Reason):
		g.add(name, Problem, "it goes on by itself once the cause is gone; docs/platform.md says what each reason means",
			"%s; its roll-out stands still, %s: %s", detail, progressing.Reason, progressing.Message)
	case progressing != nil && progressing.Reason == rollout.ReasonPaused:
		g.add(name, OK, "", "%s; paused", detail)
	default:
		g.add(name, OK, "", "%s", detail)
	}
	if guarded := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionGuarded); guarded != nil && guarded.Status == metav1.ConditionTrue {
		g.add(name, OK, "", "%s", guarded.Message)
	}
}

func judgeLeader(g *Group, f *Facts) {
	const name = "audit leader"
	lease := f.Leader.Value
	off := f.Deployment.Value != nil && setting(f.Deployment.Value.Spec.Template.Spec.Containers, "audit") == string(audit.ModeOff)
	switch {
	case f.Leader.Err != nil:
		g.unknown(name, f.Leader.Err)
	case off:
		g.add(name, OK, "", "none: --audit=off; policies reach nothing that exists, and no status is written")
	case lease == nil:
		g.add(name, Problem, "look at the log of the webhook's replicas", "there is no Lease %s in namespace %s: no replica has ever led", audit.LeaseName, f.Namespace)
	case lease.Spec.RenewTime == nil || lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "":
		g.add(name, Problem, "look at the log of the webhook's replicas", "nobody holds Lease %s: no audit, no roll-out, no status", audit.LeaseName)
	case f.Now.Sub(lease.Spec.RenewTime.Time) > leaseOf(lease.Spec.LeaseDurationSeconds):
		g.add(name, Problem, "look at the log of the webhook's replicas", "%s has not renewed Lease %s for %v: no audit, no roll-out, no status",
			*lease.Spec.HolderIdentity, audit.LeaseName, f.Now.Sub(lease.Spec.RenewTime.Time).Round(time.Second))
	default:
		g.add(name, OK, "", "%s", *lease.Spec.HolderIdentity)
	}
}

func leaseOf(seconds *int32) time.Duration {
	if seconds == nil {
		return 30 * time.Second
	}
	return time.Duration(*seconds) * time.Second
}

// setting is the value of a flag of the webhook in its manifest; empty if it has
// its default. As for the webhook, the last of a flag's values holds, and its
// environment variable only without one.
func setting(containers []corev1.Container, flag string) string {
	for i := range containers {
		words := slices.Concat(containers[i].Command, containers[i].Args)
		for j, word := range slices.Backward(words) {
			if value, is := strings.CutPrefix(word, "--"+flag+"="); is {
				return value
			}
			if word == "--"+flag && j+1 < len(words) {
				return words[j+1]
			}
		}
		for _, env := range containers[i].Env {
			if env.Name == environment.Name(flag) {
				return env.Value
			}
		}
	}
	return ""
}

func judgeReports(g *Group, f *Facts) {
	const name = "CRD reports"
	switch {
	case f.Reports.Err != nil:
		g.unknown(name, f.Reports.Err)
	case f.Reports.Value == nil:
		g.add(name, OK, "", "not installed, so audit writes no reports; metrics, events and statuses need none (openreports.io)")
	default:
		g.add(name, OK, "", "%s", reports)
	}
}
