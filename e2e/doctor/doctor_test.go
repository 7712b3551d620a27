package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// report is what is read of the JSON.
type report struct {
	Healthy bool
	Groups  []struct {
		Name     string
		Findings []struct{ Name, State, Detail, Remedy string }
	}
}

// find is the state and detail of a finding.
func (r *report) find(group, name string) (state, detail string) {
	for _, g := range r.Groups {
		for _, f := range g.Findings {
			if strings.HasPrefix(g.Name, group) && f.Name == name {
				return f.State, f.Detail
			}
		}
	}
	return "", "not looked at"
}

// examine runs doctor as the holder of a kubeconfig.
func examine(t *testing.T, binary, kubeconfig string) (int, *report) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, "doctor", "--kubeconfig", kubeconfig, "-o", "json")
	var out, errOut bytes.Buffer
	command.Stdout, command.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := command.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := &report{}
	if err := json.Unmarshal(out.Bytes(), r); err != nil {
		t.Fatalf("%v in %q; %s", err, &out, &errOut)
	}
	return command.ProcessState.ExitCode(), r
}

func TestDoctor(t *testing.T) {
	c, err := cluster.Start(t.Context(), cluster.Config{Name: "doctor", Controllers: true, Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	binary, err := cluster.BuildGo(t.Context(), "./cmd/inshore")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("of a cluster without Inshore it says what is not there", func(t *testing.T) {
		code, r := examine(t, binary, c.Kubeconfig())
		requireFindings(t, r, [][4]string{
			{"Cluster", "Kubernetes", "ok", "1.36"},
			{"Webhook", "replicas", "problem", "there is no Deployment inshore-webhook"},
			{"Webhook", "inshore-mutate", "problem", "is missing"},
			{"Admission", "a Service opts in", "problem", "came back unchanged"},
			{"Admission", "a mistake is refused", "problem", "was admitted"},
			{"Agent", "DaemonSet", "ok", "not installed"},
		})
		if code != 1 || r.Healthy {
			t.Errorf("exit code %d, healthy %t", code, r.Healthy)
		}
	})
	install(t, c)
	t.Run("of an installation that does not run it says what users see", func(t *testing.T) {
		code, r := examine(t, binary, c.Kubeconfig())
		requireFindings(t, r, [][4]string{
			{"Webhook", "replicas", "problem", "0 of 2 ready, v0.1.0: opted-in objects cannot be changed"},
			{"Webhook", "inshore-mutate", "problem", "a caBundle is empty"},
			{"Admission", "a Service opts in", "problem", "failed calling webhook"},
			{"Admission", "a DaemonSet opts in", "problem", "failed calling webhook"},
			{"Admission", "a mistake is refused", "problem", "failed calling webhook"},
			{"Agent", "versions", "ok", "v0.1.0"},
			{"Agent", "bound to its node", "ok", "deny"},
			{"Nodes", "an agent on every node", "problem", "1 of 1 have none: bare"},
		})
		if code != 1 || r.Healthy {
			t.Errorf("exit code %d, healthy %t", code, r.Healthy)
		}
	})
	t.Run("to somebody without rights it says what it could not see", func(t *testing.T) {
		code, r := examine(t, binary, nobodysKubeconfig(t, c))
		requireFindings(t, r, [][4]string{
			{"Webhook", "replicas", "unknown", "forbidden"},
			{"Admission", "a Service opts in", "unknown", "forbidden"},
			{"Nodes", "agents", "unknown", "forbidden"},
		})
		if code != 2 {
			t.Errorf("exit code %d, want 2", code)
		}
	})
}

func requireFindings(t *testing.T, r *report, wanted [][4]string) {
	t.Helper()
	for _, want := range wanted {
		if state, detail := r.find(want[0], want[1]); state != want[2] || !strings.Contains(detail, want[3]) {
			t.Errorf("%s: %s is %s: %s; want %s: %s", want[0], want[1], state, detail, want[2], want[3])
		}
	}
}

// install applies the overlay, and a node that nothing runs on.
func install(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Kubectl(t.Context(), "", "apply", "-k", filepath.Join(root, "manifests", "overlays", "agent")); err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), "apiVersion: v1\nkind: Node\nmetadata: {name: bare, labels: {kubernetes.io/os: linux}}\n"); err != nil {
		t.Fatal(err)
	}
	// The API server learns of the configurations by a watch.
	err = cluster.Wait(t.Context(), "the API server to call the webhook", time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := c.Kubectl(ctx, "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: required}}\nspec: {ports: [{port: 80}]}\n",
			"create", "--dry-run=server", "-f", "-")
		return err != nil && strings.Contains(err.Error(), "failed calling webhook"), "it is not called", nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nobodysKubeconfig is that of an account without any rights.
func nobodysKubeconfig(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	if _, err := c.Kubectl(t.Context(), "", "create", "serviceaccount", "nobody"); err != nil {
		t.Fatal(err)
	}
	token, err := c.Kubectl(t.Context(), "", "create", "token", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text, err := os.ReadFile(c.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"set-credentials", "nobody", "--token=" + strings.TrimSpace(token)},
		{"set-context", "--current", "--user=nobody"},
	} {
		if out, err := exec.CommandContext(t.Context(), c.KubectlPath(), append([]string{"--kubeconfig", file, "config"}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	return file
}
