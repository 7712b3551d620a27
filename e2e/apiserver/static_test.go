package apiserver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// TestPoliciesFromFiles lets an API server read what `inshore native --static` writes
// (KEP-5793).
func TestPoliciesFromFiles(t *testing.T) {
	const at = "lib/inshore"
	c := start(t, cluster.Config{
		Name: "e2e-static", ControlPlaneFiles: static(t, at),
		APIServerArgs: []string{
			"--feature-gates=ManifestBasedAdmissionControlConfig=true",
			"--admission-control-config-file=/var/" + at + "/admission-configuration.yaml",
		},
	})
	t.Run("the first object is under them", func(t *testing.T) {
		wait(t, c, "the first Service", func(ctx context.Context) (bool, string) { return first(ctx, t, c, "first") })
	})
	t.Run("etcd and the API know nothing of them", func(t *testing.T) {
		for _, kind := range []string{"mutating", "validating"} {
			all := kubectl(t, c, "", "get", kind+"admissionpolicies,"+kind+"admissionpolicybindings", "-o", "name")
			if strings.Contains(all, "inshore") {
				t.Errorf("the API has %s", all)
			}
		}
	})
	t.Run("what is wrong is refused, in our words", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), optedIn("wrong", "requird"), "create", "-f", "-")
		if err == nil {
			t.Fatal("a misspelt annotation is let through")
		}
		says(t, err.Error(), "ISH002", "requird", "inshore-deny-services.static.k8s.io")
	})
	t.Run("nobody puts a policy of their name beside them", func(t *testing.T) {
		_, err := c.Kubectl(t.Context(), taken, "create", "-f", "-")
		if err == nil {
			t.Fatal("the API takes a policy with the name of one from a file")
		}
		says(t, err.Error(), ".static.k8s.io")
	})
	t.Run("after a restart no request gets by before they hold", func(t *testing.T) {
		restart, err := c.KillComponent(t.Context(), c.ControlPlane(), "kube-apiserver")
		if err != nil {
			t.Fatal(err)
		}
		if err := restart(); err != nil {
			t.Fatal(err)
		}
		// Not until it is ready: from when it answers at all.
		wait(t, c, "the first Service after the restart", func(ctx context.Context) (bool, string) { return first(ctx, t, c, "again") })
	})
}

// first tries to create a Service that opts in; the first time that this works it must
// have come out mutated.
func first(ctx context.Context, t *testing.T, c *cluster.Cluster, name string) (bool, string) {
	policy, err := c.Kubectl(ctx, optedIn(name, "required"), "create", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
	if err != nil {
		return false, err.Error()
	}
	if policy != "Local" {
		t.Errorf("it was stored with internalTrafficPolicy %s", policy)
	}
	return true, ""
}

// static is what the command writes, as files of the control plane at a path below /var.
func static(t *testing.T, at string) map[string]string {
	t.Helper()
	cli, err := cluster.BuildGo(t.Context(), "./cmd/inshore")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	out, err := exec.CommandContext(t.Context(), cli, "native", "--static", folder, "--static-path", "/var/"+at).Output()
	if err != nil {
		t.Fatalf("inshore native --static: %v", err)
	}
	files := map[string]string{}
	for _, name := range strings.Fields(string(out)) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		below, err := filepath.Rel(folder, name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Join(at, below)] = string(text)
	}
	if len(files) != 3 {
		t.Fatal(fmt.Errorf("want three files, got %s", out))
	}
	return files
}

const taken = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: inshore-deny-services.static.k8s.io}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], resources: [services], operations: [CREATE]}]
  validations: [{expression: "true"}]
`
