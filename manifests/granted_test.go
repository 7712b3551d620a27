package manifests_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	rbac "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// docs/security.md has a row for everything that is granted, with the reason: what
// is granted beyond that fails here, and so does a row that no manifest grants.
func TestEveryRightIsExplained(t *testing.T) {
	text, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	explained := explanations(string(text))
	if len(explained) == 0 {
		t.Fatal("docs/security.md has no row of rights: the test reads it wrongly")
	}
	used := map[string]bool{}
	for _, overlay := range overlays {
		for _, right := range rightsOf(render(t, overlay)) {
			if explained[right] == "" && !used[right] {
				t.Errorf("overlay %s grants what docs/security.md does not explain:\n| %s | why |", overlay, right)
			}
			used[right] = true
		}
	}
	for right, why := range explained {
		if !used[right] {
			t.Errorf("docs/security.md explains what no overlay grants: | %s |", right)
		}
		if !strings.Contains(why, " ") {
			t.Errorf("docs/security.md gives no reason for | %s |", right)
		}
	}
}

// row is one of the tables of rights: account, where, what, verbs, why.
var row = regexp.MustCompile("(?m)^\\| (`inshore-\\w+` \\| [^|]+ \\| [^|]+ \\| [^|]+) \\| ([^|]*) \\|$")

// explanations are the reasons by right.
func explanations(page string) map[string]string {
	reasons := map[string]string{}
	for _, match := range row.FindAllStringSubmatch(page, -1) {
		reasons[match[1]] = match[2]
	}
	return reasons
}

// rightsOf are the rights of our accounts in words, one for each resource of a rule.
func rightsOf(objects []client.Object) []string {
	var rights []string
	roles := map[string][]rbac.PolicyRule{}
	for _, role := range all[*rbac.ClusterRole](objects) {
		roles[role.Name] = role.Rules
	}
	for _, role := range all[*rbac.Role](objects) {
		roles[role.Namespace+"/"+role.Name] = role.Rules
	}
	add := func(subjects []rbac.Subject, where string, rules []rbac.PolicyRule) {
		for _, subject := range subjects {
			for _, rule := range rules {
				rights = append(rights, inWords(subject.Name, where, rule)...)
			}
		}
	}
	for _, binding := range all[*rbac.ClusterRoleBinding](objects) {
		add(binding.Subjects, "everywhere", roles[binding.RoleRef.Name])
	}
	for _, binding := range all[*rbac.RoleBinding](objects) {
		add(binding.Subjects, "`"+binding.Namespace+"`", roles[binding.Namespace+"/"+binding.RoleRef.Name])
	}
	slices.Sort(rights)
	return slices.Compact(rights)
}

func inWords(account, where string, rule rbac.PolicyRule) []string {
	var words []string
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			what := "`" + strings.Trim(group+"/"+resource, "/") + "`"
			for _, name := range rule.ResourceNames {
				what += " `" + name + "`"
			}
			words = append(words, fmt.Sprintf("`%s` | %s | %s | %s", account, where, what, strings.Join(slices.Sorted(slices.Values(rule.Verbs)), ", ")))
		}
	}
	return words
}

func TestARightWithoutAReasonIsFound(t *testing.T) {
	const granted = "`inshore-gull` | everywhere | `apps/nests` `own` | get, list"
	if got := inWords("inshore-gull", "everywhere", rbac.PolicyRule{
		APIGroups: []string{"apps"}, Resources: []string{"nests"}, ResourceNames: []string{"own"}, Verbs: []string{"list", "get"},
	}); !slices.Equal(got, []string{granted}) {
		t.Errorf("in words: %q", got)
	}
	page := "| account | where | what | verbs | why |\n|---|---|---|---|---|\n| " + granted + " | because it broods |\n"
	if got := explanations(page); len(got) != 1 || got[granted] != "because it broods" {
		t.Errorf("explanations are %q", got)
	}
}
