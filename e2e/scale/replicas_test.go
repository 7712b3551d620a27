package scale

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// replica is one of two processes of the webhook.
type replica struct {
	*webhook
	listen  string
	command *exec.Cmd
	log     *os.File
	killed  bool
}

// startReplicas starts the program twice with the rights of its manifests, and has
// the API server call whichever answers, as the manifests say.
func startReplicas(ctx context.Context, t *testing.T, c *cluster.Cluster) []*replica {
	t.Helper()
	certificate, bundle, err := c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := cluster.BuildGo(ctx, outside.Program)
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig, folder := account(ctx, t, c), outside.WriteCertificate(t, certificate)
	var replicas []*replica
	var addresses []string
	for i := range 2 {
		r := &replica{webhook: &webhook{t: t, health: outside.FreeAddress(t), metrics: outside.FreeAddress(t)}, listen: outside.FreeAddress(t)}
		if r.log, err = os.Create(filepath.Join(t.TempDir(), fmt.Sprintf("webhook-%d.log", i))); err != nil {
			t.Fatal(err)
		}
		r.command = exec.Command(binary, "--kubeconfig", kubeconfig, "--listen", r.listen, "--cert-dir", folder,
			"--metrics-listen", r.metrics, "--health-listen", r.health, "--shutdown-delay", "0s")
		r.command.Stdout, r.command.Stderr = r.log, r.log
		if err := r.command.Start(); err != nil {
			t.Fatal(err)
		}
		r.pid = r.command.Process.Pid
		t.Cleanup(r.end)
		replicas, addresses = append(replicas, r), append(addresses, r.listen)
	}
	apply(ctx, t, c, byURL(t, outside.Relay(t, c, oneOf(t, addresses)), bundle))
	for _, r := range replicas {
		r.ready(ctx)
	}
	return replicas
}

// end ends the replica with its test.
func (r *replica) end() {
	if !r.killed {
		r.kill()
	}
	if text, _ := os.ReadFile(r.log.Name()); r.t.Failed() {
		r.t.Logf("a replica said:\n%.20000s", text)
	} else if strings.Contains(string(text), "please report this") {
		r.t.Errorf("a replica met a panic:\n%.20000s", text)
	}
}

// kill ends the process as the kernel does when memory is short.
func (r *replica) kill() {
	r.t.Helper()
	r.killed = true
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
}

// leader is the replica that audits.
func leader(ctx context.Context, t *testing.T, replicas []*replica) *replica {
	t.Helper()
	var found *replica
	err := cluster.Wait(ctx, "a leader", limit, func(ctx context.Context) (bool, string, error) {
		for _, r := range replicas {
			if !r.killed && r.metric(ctx, "inshore_audit_leader") == 1 {
				found = r
				return true, "", nil
			}
		}
		return false, "no replica leads", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// oneOf listens for the test, and passes each connection on to the first of the
// addresses that answers.
func oneOf(t *testing.T, addresses []string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return outside.Pass(t, listener, addresses...)
}

// byURL are the webhook configurations of the manifests, which call an address.
func byURL(t *testing.T, address, bundle string) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "manifests", "base", "webhook", "webhooks.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var documents []string
	for _, document := range strings.Split(string(text), "\n---\n") {
		// Of the two kinds the fields that differ between them are in none's way.
		var c struct {
			metav1.TypeMeta `json:",inline"`
			Metadata        metav1.ObjectMeta `json:"metadata"`
			Webhooks        []map[string]any  `json:"webhooks"`
		}
		if err := yaml.Unmarshal([]byte(document), &c); err != nil {
			t.Fatal(err)
		}
		for _, hook := range c.Webhooks {
			path := hook["clientConfig"].(map[string]any)["service"].(map[string]any)["path"].(string)
			hook["clientConfig"] = map[string]any{"url": "https://" + address + path, "caBundle": bundle}
		}
		written, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(written))
	}
	return strings.Join(documents, "\n---\n")
}
