package scenarios

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// story is a cluster with Inshore on it, and a test that tells something there.
type story struct {
	*testing.T
	c   *cluster.Cluster
	ctx context.Context
	// clients call from every place of every node, in the stories that have a node agent.
	clients []stage.Client
}

// run tells a part of the story as a subtest. A part that fails ends the story:
// the next one would start from a state that nobody described, and would take
// the evidence away.
func (s story) run(sentence string, tell func(story)) {
	if !s.Run(sentence, func(t *testing.T) { tell(s.in(t)) }) {
		s.FailNow()
	}
}

// in is the story as told in a subtest.
func (s story) in(t *testing.T) story {
	s.T = t
	return s
}

// kubectl runs the real kubectl and fails the test if it fails.
func (s story) kubectl(stdin string, args ...string) string {
	s.Helper()
	out, err := s.c.Kubectl(s.ctx, stdin, args...)
	if err != nil {
		s.Fatalf("kubectl %v: %v", args, err)
	}
	return out
}

// refused runs kubectl and returns why the API server said no.
func (s story) refused(stdin string, args ...string) string {
	s.Helper()
	out, err := s.c.Kubectl(s.ctx, stdin, args...)
	if err == nil {
		s.Fatalf("kubectl %v was let through: %s", args, out)
	}
	return err.Error()
}

func TestWithCertManager(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-cm", Nodes: 3, Proxy: cluster.ProxyNFTables})
	if err := s.c.StartCertManager(s.ctx); err != nil {
		t.Fatal(err)
	}
	install(s, stage.OverlayCertManager)
	cache := tell(s)
	s.run("a platform team enforces it for everybody, step by step, and takes it back", func(s story) { enforcesForEverybody(s, cache) })
	s.run("our own rollout loses no admission call", ownRollout)
	s.run("a renewed certificate loses no admission call", renewByCertManager)
	s.run("uninstalling leaves nothing of ours behind", func(s story) { uninstall(s, stage.OverlayCertManager) })
}

func TestWithEmbeddedCertificates(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-own", Nodes: 3, Proxy: cluster.ProxyIPTables})
	install(s, stage.OverlayEmbedded)
	tell(s)
	s.run("whatever restarts, dies or stalls, nothing ends without its mutation and nothing forbidden gets in", survivesFaults)
	s.run("everything comes back after a power failure of all machines, a policy for everyone in force", coldStart)
	s.run("rotating CA and leaves loses no admission call", rotateEmbedded)
	s.run("deleting the configurations switches everything off, applying them switches it on", func(s story) { switchOff(s, stage.OverlayEmbedded) })
	s.run("uninstalling leaves nothing of ours behind", func(s story) { uninstall(s, stage.OverlayEmbedded) })
}

// tell tells what must hold whoever issues the certificates.
func tell(s story) *stage.Cache {
	cache, err := stage.StartCache(s.ctx, s.c)
	if err != nil {
		s.Fatal(err)
	}
	s.run("objects that nobody opted in cause no call", nobodyOptedIn)
	s.run("a team opts in, its calls stay on their node, and opting out restores the original", func(s story) { optInAndOut(s, cache) })
	s.run("what would break traffic is refused with advice", refusals)
	s.run("a wrong annotation is refused by key and value", wrongAnnotations)
	s.run("dry runs, repeated applies and other field managers reach a fixpoint", applies)
	return cache
}

// limit is for one installation's story: some five minutes, after a cold build
// of Kubernetes that may take twenty.
const limit = 45 * time.Minute

// begin starts a cluster for a story. It ends with the test; if that fails, the
// logs of every component stay.
func begin(t *testing.T, config cluster.Config) story {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	logs := logFolder(config.Name)
	config.FailureLogs, config.Progress, config.Audited = logs, os.Stderr, accounts
	c, err := cluster.Start(ctx, config)
	if err != nil {
		t.Fatalf("%v (the logs of every component that had started are in %s)", err, logs)
	}
	t.Cleanup(func() {
		if t.Failed() {
			keepLogs(t, c, logs)
		}
		noteRequests(t, c)
		if err := c.Stop(); err != nil {
			t.Errorf("tearing the cluster down: %v", err)
		}
	})
	return story{T: t, c: c, ctx: ctx}
}

// logFolder is where a failure's logs go. It outlives the test, so it is not
// the test's own temporary folder; it is made only if there is something to keep.
func logFolder(cluster string) string {
	return filepath.Join(os.TempDir(), "inshore-logs-"+cluster+"-"+time.Now().Format("20060102-150405"))
}

func keepLogs(t *testing.T, c *cluster.Cluster, dir string) {
	t.Helper()
	if err := c.CollectLogs(dir); err != nil {
		t.Logf("collecting logs: %v", err)
		return
	}
	t.Logf("the logs of every component are in %s", dir)
}

func install(s story, overlay stage.Overlay) {
	s.Helper()
	if err := stage.Install(s.ctx, s.c, overlay); err != nil {
		s.Fatal(err)
	}
}
