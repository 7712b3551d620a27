package cluster_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// limit is for whatever a test waits for: what never comes true on a busy host either.
const limit = 3 * time.Minute

// start starts a cluster that goes with the test, and keeps its logs if the test fails.
func start(t *testing.T, config cluster.Config) *cluster.Cluster {
	t.Helper()
	logs := filepath.Join(os.TempDir(), "inshore-lab-logs", t.Name())
	config.Progress, config.FailureLogs = os.Stderr, logs
	c, err := cluster.Start(t.Context(), config)
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logs are in %s", logs)
			if err := c.CollectLogs(logs); err != nil {
				t.Log(err)
			}
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
