package registration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// shared is the API server; it knows NodeLocalPolicies.
var shared *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	log.SetLogger(logr.Discard())
	ctx := context.Background()
	c, err := cluster.Start(ctx, cluster.Config{Name: "registration", Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	shared = c
	if err := define(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// define makes NodeLocalPolicies known.
func define(ctx context.Context) error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	crd := filepath.Join(root, "manifests", "base", "webhook", "inshore.dev_nodelocalpolicies.yaml")
	if _, err := shared.Kubectl(ctx, "", "apply", "--server-side", "-f", crd); err != nil {
		return err
	}
	_, err = shared.Kubectl(ctx, "", "wait", "--for=condition=Established", "--timeout=60s", "-f", crd)
	return err
}

// kubectl fails the test if it fails.
func kubectl(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	out, err := shared.Kubectl(t.Context(), stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
