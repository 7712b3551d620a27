package rights

import (
	"cmp"
	"fmt"
	"slices"

	rbac "k8s.io/api/rbac/v1"
)

// Right is one verb on one resource: a rule of RBAC taken apart.
type Right struct {
	// User is the service account's user name.
	User string
	// Namespace is where it holds; empty for everywhere.
	Namespace string
	Verb      string
	// Group and Resource as in a rule: a subresource is resource/subresource.
	Group, Resource string
	// Name is the object's; empty for every one.
	Name string
}

// String is the right as a person would say it.
func (r Right) String() string {
	text := fmt.Sprintf("%s: %s %s", r.User, r.Verb, r.Resource)
	if r.Group != "" {
		text += "." + r.Group
	}
	if r.Name != "" {
		text += " " + r.Name
	}
	if r.Namespace != "" {
		text += " in " + r.Namespace
	}
	return text
}

// Compare orders rights for reading.
func Compare(a, b Right) int { return cmp.Compare(a.String(), b.String()) }

// Granted are the rights that roles and their bindings give to service accounts,
// sorted, each once.
func Granted(
	clusterRoles []rbac.ClusterRole, clusterBindings []rbac.ClusterRoleBinding, roles []rbac.Role, bindings []rbac.RoleBinding,
) []Right {
	everywhere, within := map[string][]rbac.PolicyRule{}, map[string][]rbac.PolicyRule{}
	for _, role := range clusterRoles {
		everywhere[role.Name] = role.Rules
	}
	for _, role := range roles {
		within[role.Namespace+"/"+role.Name] = role.Rules
	}
	var granted []Right
	for _, binding := range clusterBindings {
		granted = append(granted, grant(binding.Subjects, "", everywhere[binding.RoleRef.Name])...)
	}
	for _, binding := range bindings {
		rules := within[binding.Namespace+"/"+binding.RoleRef.Name]
		if binding.RoleRef.Kind == "ClusterRole" {
			rules = everywhere[binding.RoleRef.Name]
		}
		granted = append(granted, grant(binding.Subjects, binding.Namespace, rules)...)
	}
	slices.SortFunc(granted, Compare)
	return slices.Compact(granted)
}

func grant(subjects []rbac.Subject, namespace string, rules []rbac.PolicyRule) []Right {
	var granted []Right
	for _, subject := range subjects {
		if subject.Kind != rbac.ServiceAccountKind {
			continue
		}
		user := "system:serviceaccount:" + subject.Namespace + ":" + subject.Name
		for _, rule := range rules {
			for _, right := range product(rule) {
				right.User, right.Namespace = user, namespace
				granted = append(granted, right)
			}
		}
	}
	return granted
}

// product is the rule taken apart.
func product(rule rbac.PolicyRule) []Right {
	names := rule.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var rights []Right
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				for _, name := range names {
					rights = append(rights, Right{Verb: verb, Group: group, Resource: resource, Name: name})
				}
			}
		}
	}
	return rights
}
