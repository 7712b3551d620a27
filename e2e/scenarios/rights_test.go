package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	rbac "k8s.io/api/rbac/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/rights"
)

// accounts are ours. Every story's API server notes down what they ask for.
var accounts = []string{
	"system:serviceaccount:inshore-system:inshore-webhook", "system:serviceaccount:inshore-agent:inshore-agent",
}

// asked is what they have asked for in all stories, told those that told it.
var (
	asked []cluster.Request
	told  = map[string]bool{}
)

// stories are those that together use every right.
var stories = []string{"TestAudit", "TestNodeAgent", "TestRulesOfYourOwn", "TestWithCertManager", "TestWithEmbeddedCertificates"}

// spare are rights that no story uses, each with the reason why it is granted.
var spare = map[string]string{
	"system:serviceaccount:inshore-system:inshore-webhook: patch events.events.k8s.io in inshore-system": "an event that is repeated within minutes is " +
		"counted in the first; what the webhook does to its certificates is not, in a test",
}

// overlayRights are the rights in the overlays, all together.
var overlayRights = sync.OnceValues(func() ([]rights.Right, error) { return granted("agent", "cert-manager") })

// TestMain compares rights with requests once every story has been told. A part of
// them, by -run, uses a part of the rights, and nothing is compared.
func TestMain(m *testing.M) {
	code := m.Run()
	left := slices.DeleteFunc(slices.Clone(stories), func(name string) bool { return told[name] })
	switch {
	case code != 0:
	case len(left) > 0:
		fmt.Printf("rights are not compared with requests: %s did not run\n", strings.Join(left, ", "))
	default:
		code = compareRights()
	}
	os.Exit(code)
}

func compareRights() (code int) {
	granted, err := overlayRights()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	unused := rights.Unused(granted, asked)
	for _, right := range unused {
		if spare[right.String()] == "" {
			fmt.Printf("no story uses this right: take it away, or say in spare why it is granted: %s\n", right)
			code = 1
		}
	}
	fmt.Printf("%d rights, %d of them used by %d requests\n", len(granted), len(granted)-len(unused), len(asked))
	for name := range spare {
		if !slices.ContainsFunc(granted, func(right rights.Right) bool { return right.String() == name }) {
			fmt.Printf("spare has a right that is not granted: %s\n", name)
			code = 1
		}
	}
	return code
}

// noteRequests keeps what our accounts asked for in a story, and fails it if that needs a
// right that they have not. What tests try with their tokens comes from other programs.
func noteRequests(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	requests, err := c.Requests()
	if err != nil {
		t.Error(err)
	}
	granted, err := overlayRights()
	if err != nil {
		t.Error(err)
	}
	requests = slices.DeleteFunc(requests, func(request cluster.Request) bool { return !strings.HasPrefix(request.Agent, "inshore-") })
	for _, lacking := range rights.Lacking(granted, requests) {
		t.Errorf("the manifests lack a right: %s", lacking)
	}
	asked, told[t.Name()] = append(asked, requests...), true
}

// granted are the rights in the overlays together.
func granted(overlays ...string) ([]rights.Right, error) {
	root, err := cluster.Root()
	if err != nil {
		return nil, err
	}
	var all []rights.Right
	for _, overlay := range overlays {
		rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(
			filesys.MakeFsOnDisk(), filepath.Join(root, "manifests", "overlays", overlay))
		if err != nil {
			return nil, fmt.Errorf("rendering overlay %s: %w", overlay, err)
		}
		var clusterRoles []rbac.ClusterRole
		var clusterBindings []rbac.ClusterRoleBinding
		var roles []rbac.Role
		var bindings []rbac.RoleBinding
		for _, resource := range rendered.Resources() {
			text, err := resource.AsYAML()
			if err != nil {
				return nil, fmt.Errorf("writing %s as YAML: %w", resource.CurId(), err)
			}
			switch resource.GetKind() {
			case "ClusterRole":
				clusterRoles, err = decoded(clusterRoles, text)
			case "ClusterRoleBinding":
				clusterBindings, err = decoded(clusterBindings, text)
			case "Role":
				roles, err = decoded(roles, text)
			case "RoleBinding":
				bindings, err = decoded(bindings, text)
			}
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", resource.CurId(), err)
			}
		}
		all = append(all, rights.Granted(clusterRoles, clusterBindings, roles, bindings)...)
	}
	slices.SortFunc(all, rights.Compare)
	return slices.Compact(all), nil
}

func decoded[T any](objects []T, text []byte) ([]T, error) {
	var object T
	err := yaml.UnmarshalStrict(text, &object)
	return append(objects, object), err
}
