package apiserver

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// limit is for whatever is waited for, on a busy host too.
const limit = 3 * time.Minute

// start starts an API server that goes with the test, and keeps its logs if the test fails.
func start(t *testing.T, config cluster.Config) *cluster.Cluster {
	t.Helper()
	logs := filepath.Join(os.TempDir(), "inshore-logs-"+config.Name)
	config.Progress, config.FailureLogs = os.Stderr, logs
	c, err := cluster.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are in %s (%v)", logs, c.CollectLogs(logs))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// kubectl fails the test if it fails.
func kubectl(t *testing.T, c *cluster.Cluster, stdin string, args ...string) string {
	t.Helper()
	out, err := c.Kubectl(t.Context(), stdin, args...)
	if err != nil {
		t.Fatalf("kubectl %v: %v", args, err)
	}
	return out
}

// wait waits until check has nothing to complain of.
func wait(t *testing.T, c *cluster.Cluster, what string, check func(context.Context) (done bool, state string)) {
	t.Helper()
	err := cluster.Wait(t.Context(), what, limit, func(ctx context.Context) (bool, string, error) {
		done, state := check(ctx)
		return done, state, c.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func says(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("want %q in %q", part, text)
		}
	}
}

// optedIn is a Service that opts in; the words are its node-local.
func optedIn(name, words string) string {
	return `
apiVersion: v1
kind: Service
metadata:
  name: ` + name + `
  namespace: default
  annotations: {inshore.dev/node-local: ` + words + `}
spec:
  selector: {app: proxy}
  ports: [{port: 11211}]
`
}
