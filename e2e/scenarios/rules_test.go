package scenarios

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
	"github.com/inshore-dev/inshore/policies/bundle"
)

// TestRulesOfYourOwn loads rules the ways that docs/custom-rules.md names, and
// spoils them: the last good ones must stay in force, and say so.
func TestRulesOfYourOwn(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-rules"})
	certificate, authority, err := s.c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	s.kubectl("", "create", "namespace", "inshore-system")
	s.kubectl("", "apply", "-f", repository("manifests/base/webhook/rbac.yaml"))
	shop := openShop(s)
	folder := t.TempDir()
	put(s, folder, "ACME002")
	address, metrics := outside.FreeAddress(s), outside.FreeAddress(s)
	outside.Run(s, "--kubeconfig", s.c.Kubeconfig(), "--listen", address, "--cert-dir", outside.WriteCertificate(s, certificate),
		"--metrics-listen", metrics, "--health-listen", "", "--policy-dir", folder,
		"--bundle-url", shop.url, "--bundle-key", shop.key, "--bundle-interval", "1s")
	s.kubectl(byURL(s, outside.Relay(s, s.c, address), authority), "apply", "-f", "-")
	s.denied("ACME002")

	s.run("our role may read them, and nothing else of the kind", mayReadConfigMaps)
	s.run("a ConfigMap's rules come into force, and a mistake in them does not", configMapRules)
	s.run("a server's bundle is the same, and a forged one does not count", func(s story) { bundleRules(s, shop, metrics) })
}

// repository is a file of ours.
func repository(path string) string { return filepath.Join("..", "..", path) }

// denied waits until rules refuse a Service of nobody's.
func (s story) denied(ids ...string) {
	s.Helper()
	s.wait(fmt.Sprint(ids, " to refuse"), func() (bool, string) {
		_, err := s.c.Kubectl(s.ctx, service, "create", "--dry-run=server", "-f", "-")
		for _, id := range ids {
			if err == nil || !strings.Contains(err.Error(), id) {
				return false, fmt.Sprint(err)
			}
		}
		return true, ""
	})
}

func mayReadConfigMaps(s story) {
	account := "system:serviceaccount:inshore-system:inshore-webhook"
	for _, verb := range []string{"list", "watch"} {
		s.kubectl("", "auth", "can-i", verb, "configmaps", "-n", "inshore-system", "--as", account)
	}
	s.kubectl("", "auth", "can-i", "create", "events.events.k8s.io", "-n", "inshore-system", "--as", account)
	for _, args := range [][]string{{"update", "configmaps", "-n", "inshore-system"}, {"list", "configmaps", "-n", "default"}} {
		if _, err := s.c.Kubectl(s.ctx, "", append([]string{"auth", "can-i", "--as", account}, args...)...); err == nil {
			s.Errorf("the webhook may %v", args)
		}
	}
}

func configMapRules(s story) {
	s.kubectl("", "-n", "inshore-system", "create", "configmap", "acme-rules", "--from-file="+repository("examples/rules/team_label"))
	s.kubectl("", "-n", "inshore-system", "label", "configmap", "acme-rules", "inshore.dev/policy=true")
	s.denied("ACME001", "ACME002")

	patch := func(rego string) {
		s.kubectl("", "-n", "inshore-system", "patch", "configmap", "acme-rules", "--type=merge", "-p", rego)
	}
	patch(`{"data": {"team_label.rego": "package acme.team_label\n\nviolation contains {\n"}}`)
	s.told("configmap/acme-rules/team_label.rego:4")
	s.denied("ACME001", "ACME002")

	s.kubectl("", "-n", "inshore-system", "delete", "configmap", "acme-rules")
	s.told("ACME001 would be lost")
	s.denied("ACME001", "ACME002")
}

// put writes a rule that refuses everything into a folder.
func put(s story, folder, id string) {
	s.Helper()
	name := strings.ToLower(id)
	text := fmt.Sprintf(`# METADATA
# title: Nothing passes
# custom:
#   id: %s
#   severity: error
#   kinds: [Service]
#   message: "{object} is refused."
#   remedy: Nothing helps.
package acme.%s

violation contains {"field": "spec"} if input.intent.nodeLocal
`, id, name)
	if err := os.WriteFile(filepath.Join(folder, name+".rego"), []byte(text), 0o600); err != nil {
		s.Fatal(err)
	}
}

// told waits for an event that the webhook refused rules for a reason.
func (s story) told(reason string) {
	s.Helper()
	s.wait("an event that says "+reason, func() (bool, string) {
		events := s.kubectl("", "-n", "inshore-system", "get", "events", "--field-selector", "reason=PoliciesRefused", "-o", "jsonpath={.items[*].message}")
		return strings.Contains(events, reason), events
	})
}

// shop is a server of one bundle.
type shop struct {
	url, key string
	sells    atomic.Pointer[[]byte]
}

func openShop(s story) *shop {
	s.Helper()
	shop := &shop{key: filepath.Join(s.TempDir(), "key")}
	if err := os.WriteFile(shop.key, []byte("what the story's bundles are signed with"), 0o600); err != nil {
		s.Fatal(err)
	}
	shop.sell(s, shop.key, "ACME003")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(*shop.sells.Load()) })}
	go func() { _ = server.Serve(listener) }()
	s.Cleanup(func() { _ = server.Close() })
	shop.url = "http://" + listener.Addr().String() + "/bundle.tar.gz"
	return shop
}

// sell signs a bundle of rules by a key.
func (shop *shop) sell(s story, key string, ids ...string) {
	s.Helper()
	folder := s.TempDir()
	for _, id := range ids {
		put(s, folder, id)
	}
	content, err := bundle.FromFS(os.DirFS(folder))
	if err != nil {
		s.Fatal(err)
	}
	signing, err := bundle.ReadSigningKey(key, "")
	if err != nil {
		s.Fatal(err)
	}
	data, err := content.Write(signing)
	if err != nil {
		s.Fatal(err)
	}
	shop.sells.Store(&data)
}

func bundleRules(s story, shop *shop, metrics string) {
	s.denied("ACME001", "ACME003")
	forged := filepath.Join(s.TempDir(), "forged")
	if err := os.WriteFile(forged, []byte("what somebody else would sign with"), 0o600); err != nil {
		s.Fatal(err)
	}
	shop.sell(s, forged, "ACME003", "ACME004")
	s.told("failed to verify")
	s.wait("the metric of a source that fails", func() (bool, string) {
		failing := sample(s, "http://"+metrics+"/metrics", fmt.Sprintf("inshore_policy_source_failing{source=%q}", shop.url))
		return failing == "1", failing
	})
	shop.sell(s, shop.key, "ACME004")
	s.told("ACME003 would be lost")
	shop.sell(s, shop.key, "ACME003", "ACME004")
	s.denied("ACME001", "ACME003", "ACME004")
}
