package rights

import (
	"slices"
	"strings"
	"testing"

	rbac "k8s.io/api/rbac/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

const gull = "system:serviceaccount:shore:gull"

func granted() []Right {
	subjects := []rbac.Subject{{Kind: rbac.ServiceAccountKind, Namespace: "shore", Name: "gull"}, {Kind: rbac.UserKind, Name: "somebody"}}
	return Granted(
		[]rbac.ClusterRole{{ObjectMeta: meta.ObjectMeta{Name: "gull"}, Rules: []rbac.PolicyRule{
			{APIGroups: []string{""}, Resources: []string{"pods", "pods/status"}, Verbs: []string{"get", "patch"}},
		}}},
		[]rbac.ClusterRoleBinding{{RoleRef: rbac.RoleRef{Kind: "ClusterRole", Name: "gull"}, Subjects: subjects}},
		[]rbac.Role{{ObjectMeta: meta.ObjectMeta{Namespace: "shore", Name: "gull"}, Rules: []rbac.PolicyRule{
			{APIGroups: []string{"apps"}, Resources: []string{"daemonsets"}, ResourceNames: []string{"nest"}, Verbs: []string{"list"}},
			{APIGroups: []string{"reports"}, Resources: []string{"reports"}, Verbs: []string{"create"}},
		}}},
		[]rbac.RoleBinding{
			{ObjectMeta: meta.ObjectMeta{Namespace: "shore"}, RoleRef: rbac.RoleRef{Kind: "Role", Name: "gull"}, Subjects: subjects},
			{ObjectMeta: meta.ObjectMeta{Namespace: "shore"}, RoleRef: rbac.RoleRef{Kind: "ClusterRole", Name: "gull"}, Subjects: subjects},
		},
	)
}

func TestGranted(t *testing.T) {
	var got []string
	for _, right := range granted() {
		text, ours := strings.CutPrefix(right.String(), gull+": ")
		if !ours {
			t.Errorf("%s is nobody's of ours", right)
		}
		got = append(got, text)
	}
	want := []string{
		"create reports.reports in shore",
		"get pods", "get pods in shore", "get pods/status", "get pods/status in shore",
		"list daemonsets.apps nest in shore",
		"patch pods", "patch pods in shore", "patch pods/status", "patch pods/status in shore",
	}
	if !slices.Equal(got, want) {
		t.Errorf("granted are\n%q\nwant\n%q", got, want)
	}
}

func TestARightIsUsed(t *testing.T) {
	for name, test := range map[string]struct {
		request cluster.Request
		used    string
	}{
		"by the same verb on the same resource":         {cluster.Request{Verb: "get", Resource: "pods", Namespace: "sea"}, "get pods"},
		"by its subresource and not the resource":       {cluster.Request{Verb: "patch", Resource: "pods", Subresource: "status", Namespace: "sea"}, "patch pods/status"},
		"by the object that it names":                   {cluster.Request{Verb: "list", Group: "apps", Resource: "daemonsets", Namespace: "shore", Name: "nest"}, "list daemonsets.apps nest in shore"},
		"to list, by a watch that begins with a list":   {cluster.Request{Verb: "watch", Group: "apps", Resource: "daemonsets", Namespace: "shore", Name: "nest"}, "list daemonsets.apps nest in shore"},
		"not by another object":                         {cluster.Request{Verb: "list", Group: "apps", Resource: "daemonsets", Namespace: "shore", Name: "egg"}, ""},
		"not in another namespace":                      {cluster.Request{Verb: "list", Group: "apps", Resource: "daemonsets", Namespace: "sea", Name: "nest"}, ""},
		"not by a request that was refused":             {cluster.Request{Verb: "get", Resource: "pods", Forbidden: true}, ""},
		"not by somebody else":                          {cluster.Request{User: "tern", Verb: "get", Resource: "pods"}, ""},
		"to create, by applying what was not there":     {cluster.Request{Verb: "patch", Group: "reports", Resource: "reports", Namespace: "shore", Code: 201}, "create reports.reports in shore"},
		"not to create, by applying what was there":     {cluster.Request{Verb: "patch", Group: "reports", Resource: "reports", Namespace: "shore", Code: 200}, ""},
		"not by the same resource of another group":     {cluster.Request{Verb: "get", Group: "apps", Resource: "pods"}, ""},
		"not by another verb that is granted nowhere":   {cluster.Request{Verb: "delete", Resource: "pods"}, ""},
		"not by a request for no resource, as /version": {cluster.Request{Verb: "get"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if test.request.User == "" {
				test.request.User = gull
			}
			all := granted()
			unused := Unused(all, []cluster.Request{test.request})
			var used []string
			for _, right := range all {
				if !slices.Contains(unused, right) {
					used = append(used, strings.TrimPrefix(right.String(), gull+": "))
				}
			}
			if got := strings.Join(used, ", "); got != test.used {
				t.Errorf("used are %q, want %q", got, test.used)
			}
		})
	}
}

func TestALackingRightIsSaidOnce(t *testing.T) {
	refused := cluster.Request{User: gull, Agent: "beak", Verb: "get", Resource: "secrets", Name: "a", Namespace: "sea", Forbidden: true}
	early := cluster.Request{User: gull, Verb: "get", Resource: "pods", Namespace: "sea", Forbidden: true}
	got := Lacking(granted(), []cluster.Request{refused, {User: gull, Verb: "get", Resource: "nodes"}, early, refused})
	if want := []string{gull + ` (beak): get /secrets a in "sea"`}; !slices.Equal(got, want) {
		t.Errorf("lacking are %q, want %q", got, want)
	}
}
