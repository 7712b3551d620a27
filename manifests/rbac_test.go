package manifests_test

import (
	"fmt"
	"slices"
	"testing"

	rbac "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// grant is one rule and how far it reaches.
type grant struct {
	rbac.PolicyRule
	cluster bool
}

// grants are those of the webhook by itself. What the agent's component adds is
// compared word by word in [TestAgentRights].
func grants(objects []client.Object) []grant {
	var found []grant
	for _, role := range all[*rbac.ClusterRole](objects) {
		if agentRoles[role.Name] {
			continue
		}
		for _, rule := range role.Rules {
			found = append(found, grant{rule, true})
		}
	}
	for _, role := range all[*rbac.Role](objects) {
		if agentRoles[role.Name] {
			continue
		}
		for _, rule := range role.Rules {
			found = append(found, grant{rule, false})
		}
	}
	return found
}

var reads = []string{"get", "list", "watch"}

// tooWide says what a rule grants that Inshore never needs.
func tooWide(g grant) []string {
	var problems []string
	for _, words := range [][]string{g.Verbs, g.APIGroups, g.Resources, g.ResourceNames, g.NonResourceURLs} {
		if slices.Contains(words, "*") {
			problems = append(problems, "contains a wildcard")
		}
	}
	for _, resource := range g.Resources {
		problems = append(problems, resourceTooWide(g, resource)...)
	}
	return problems
}

func resourceTooWide(g grant, resource string) []string {
	writes := slices.ContainsFunc(g.Verbs, func(verb string) bool { return !slices.Contains(reads, verb) })
	onlyCreates := slices.Equal(g.Verbs, []string{"create"})
	switch resource {
	case "secrets":
		if g.cluster {
			return []string{"grants secrets in every namespace"}
		}
		if len(g.ResourceNames) == 0 && !onlyCreates {
			return []string{fmt.Sprintf("grants %v on every secret of the namespace", g.Verbs)}
		}
	case "mutatingwebhookconfigurations", "validatingwebhookconfigurations":
		if len(g.ResourceNames) == 0 {
			return []string{"grants " + resource + " that are not ours"}
		}
		if slices.Contains(g.Verbs, "create") || slices.Contains(g.Verbs, "delete") {
			return []string{fmt.Sprintf("grants %v on %s: whether we are called at all is the administrator's to say", g.Verbs, resource)}
		}
	case "events":
		if !slices.Equal(g.Verbs, []string{"create", "patch"}) {
			return []string{fmt.Sprintf("grants %v on events, which are written only", g.Verbs)}
		}
	case "services", "daemonsets":
		if writes && !slices.Equal(g.Verbs, []string{"patch"}) {
			return []string{fmt.Sprintf("grants %v on %s, which audit patches and nothing else writes", g.Verbs, resource)}
		}
	case "deployments", "statefulsets", "nodelocalpolicies", "nodes", "namespaces":
		if writes {
			return []string{fmt.Sprintf("grants %v on %s, which are read only", g.Verbs, resource)}
		}
	case "nodelocalpolicies/status":
		if !slices.Equal(g.Verbs, []string{"patch"}) {
			return []string{fmt.Sprintf("grants %v on the status of policies, which is written by server-side apply", g.Verbs)}
		}
	case "configmaps":
		if g.cluster || writes {
			return []string{fmt.Sprintf("grants %v on configmaps, which are read in our namespace only", g.Verbs)}
		}
	case "reports":
		if !slices.Equal(g.APIGroups, []string{"openreports.io"}) {
			return []string{"grants reports that are not OpenReports"}
		}
	case "leases":
		if g.cluster {
			return []string{"grants leases in every namespace"}
		}
		if len(g.ResourceNames) == 0 && !onlyCreates {
			return []string{fmt.Sprintf("grants %v on every lease of the namespace", g.Verbs)}
		}
	default:
		return []string{"grants " + resource + ", which nothing reads"}
	}
	return nil
}

func TestRights(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			for _, g := range grants(render(t, overlay)) {
				for _, problem := range tooWide(g) {
					t.Errorf("%v: %s", g.PolicyRule, problem)
				}
			}
		})
	}
}

func TestTooWideRightsAreReported(t *testing.T) {
	rule := func(resource string, names []string, verbs ...string) rbac.PolicyRule {
		return rbac.PolicyRule{APIGroups: []string{""}, Resources: []string{resource}, ResourceNames: names, Verbs: verbs}
	}
	tests := map[string]struct {
		grant grant
		wide  bool
	}{
		"if services are read in every namespace, it is what we need":     {grant{rule("services", nil, "get", "list", "watch"), true}, false},
		"if services are patched, it is what repair needs":                {grant{rule("services", nil, "patch"), true}, false},
		"if services are written otherwise, it is too wide":               {grant{rule("services", nil, "patch", "delete"), true}, true},
		"if deployments are patched, it is too wide":                      {grant{rule("deployments", nil, "patch"), true}, true},
		"if policies are written, it is too wide":                         {grant{rule("nodelocalpolicies", nil, "patch"), true}, true},
		"if reports of another group are written, it is too wide":         {grant{rule("reports", nil, "patch"), true}, true},
		"if one lease of our namespace is written, it is what we need":    {grant{rule("leases", []string{"a"}, "get", "update"), false}, false},
		"if every lease of our namespace is written, it is too wide":      {grant{rule("leases", nil, "update"), false}, true},
		"if a lease is written in every namespace, it is too wide":        {grant{rule("leases", []string{"a"}, "update"), true}, true},
		"if every verb is granted, it is too wide":                        {grant{rule("services", nil, "*"), true}, true},
		"if pods are read, it is too wide":                                {grant{rule("pods", nil, "get"), true}, true},
		"if nodes are written, it is too wide":                            {grant{rule("nodes", nil, "list", "patch"), true}, true},
		"if a secret is read in every namespace, it is too wide":          {grant{rule("secrets", []string{"a"}, "get"), true}, true},
		"if every secret of our namespace is read, it is too wide":        {grant{rule("secrets", nil, "get"), false}, true},
		"if one secret of our namespace is read, it is what we need":      {grant{rule("secrets", []string{"a"}, "get"), false}, false},
		"if secrets are created in our namespace, it is what we need":     {grant{rule("secrets", nil, "create"), false}, false},
		"if creating secrets comes with listing them, it is too wide":     {grant{rule("secrets", nil, "create", "list"), false}, true},
		"if any webhook configuration may be patched, it is too wide":     {grant{rule("mutatingwebhookconfigurations", nil, "patch"), true}, true},
		"if our webhook configuration may be patched, it is what we need": {grant{rule("mutatingwebhookconfigurations", []string{"a"}, "get", "patch"), true}, false},
		"if our webhook configuration may be deleted, it is too wide":     {grant{rule("mutatingwebhookconfigurations", []string{"a"}, "delete"), true}, true},
		"if events are written on objects, it is what audit needs":        {grant{rule("events", nil, "create", "patch"), true}, false},
		"if events are read in every namespace, it is too wide":           {grant{rule("events", nil, "list"), true}, true},
		"if a subresource that nothing uses is granted, it is refused":    {grant{rule("services/status", nil, "get"), true}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if problems := tooWide(test.grant); (len(problems) > 0) != test.wide {
				t.Errorf("problems %q, want some: %t", problems, test.wide)
			}
		})
	}
}

// Which verbs each overlay grants on what can be narrowed by name.
func TestNamedRights(t *testing.T) {
	const mutating, validating = "mutatingwebhookconfigurations/inshore-mutate", "validatingwebhookconfigurations/inshore-validate"
	const lease = "leases/inshore-webhook"
	registers := []string{"get", "list", "patch", "watch"}
	embedded := map[string][]string{
		mutating:                     registers,
		validating:                   registers,
		"secrets/inshore-webhook-ca": {"get", "list", "update", "watch"},
		lease:                        {"get", "update"},
	}
	tests := map[string]map[string][]string{
		"agent":        embedded,
		"embedded":     embedded,
		"fail-closed":  embedded,
		"fail-open":    embedded,
		"cert-manager": {mutating: registers, validating: registers, lease: {"get", "update"}},
	}
	for overlay, want := range tests {
		t.Run(overlay, func(t *testing.T) {
			got := map[string][]string{}
			for _, g := range grants(render(t, overlay)) {
				for _, name := range g.ResourceNames {
					key := g.Resources[0] + "/" + name
					got[key] = append(got[key], g.Verbs...)
				}
			}
			for key := range got {
				slices.Sort(got[key])
				got[key] = slices.Compact(got[key])
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("named rights are\n%v\nwant\n%v", got, want)
			}
		})
	}
}

func TestEveryRoleIsBoundToOurAccountOnly(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			objects := render(t, overlay)
			bound := map[string]bool{}
			check := func(ref rbac.RoleRef, subjects []rbac.Subject) {
				bound[ref.Kind+"/"+ref.Name] = true
				want := rbac.Subject{Kind: rbac.ServiceAccountKind, Name: "inshore-webhook", Namespace: "inshore-system"}
				if ref.Name == "inshore-agent" {
					want.Name, want.Namespace = "inshore-agent", "inshore-agent"
				}
				if len(subjects) != 1 || subjects[0] != want {
					t.Errorf("%s %s is bound to %v", ref.Kind, ref.Name, subjects)
				}
			}
			for _, binding := range all[*rbac.ClusterRoleBinding](objects) {
				check(binding.RoleRef, binding.Subjects)
			}
			for _, binding := range all[*rbac.RoleBinding](objects) {
				check(binding.RoleRef, binding.Subjects)
			}
			for _, role := range all[*rbac.ClusterRole](objects) {
				if !bound["ClusterRole/"+role.Name] {
					t.Errorf("ClusterRole %s is bound to nobody", role.Name)
				}
			}
			for _, role := range all[*rbac.Role](objects) {
				if !bound["Role/"+role.Name] {
					t.Errorf("Role %s is bound to nobody", role.Name)
				}
			}
		})
	}
}
