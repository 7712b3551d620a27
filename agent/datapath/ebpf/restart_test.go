package ebpf_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
)

// load connects at full rate until it is stopped.
type load struct {
	tried, failed atomic.Int64
	problem       atomic.Value // The first failure, a string.
	stop          chan struct{}
	workers       sync.WaitGroup
}

// dialling starts a load of connects to a frontend. Whoever is not translated fails:
// nobody listens at the frontend's own address.
func dialling(t testing.TB, to, name string) *load {
	l := &load{stop: make(chan struct{})}
	for range 4 {
		l.workers.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				got, peer, err := ask(to)
				l.tried.Add(1)
				if err == nil && got == name && peer == netip.MustParseAddrPort(to) {
					continue
				}
				if l.failed.Add(1) == 1 {
					l.problem.Store(got + " answered as " + peer.String() + ", error " + errorText(err))
				}
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

func errorText(err error) string {
	if err == nil {
		return "none"
	}
	return err.Error()
}

// end stops a load; it may be called twice.
func (l *load) end() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.workers.Wait()
}

// check ends a load and says how it went.
func (l *load) check(t *testing.T) {
	t.Helper()
	l.end()
	t.Logf("%d connects, %d failed", l.tried.Load(), l.failed.Load())
	if l.failed.Load() > 0 {
		t.Errorf("%d of %d connects failed, the first: %v", l.failed.Load(), l.tried.Load(), l.problem.Load())
	}
	if l.tried.Load() < 100 {
		t.Errorf("only %d connects were tried: the load shows nothing", l.tried.Load())
	}
}

func TestNoConnectionIsLostWhileTheAgentRestarts(t *testing.T) {
	table := routes.Table{
		tcp("10.96.0.1:80"):     local(server(t, "127.0.0.1:0", "four")),
		tcp("[fd00:96::1]:80"):  local(server(t, "[::1]:0", "six")),
		tcp("10.96.0.2:80"):     local(),
		tcp("[fd00:96::2]:443"): local(),
	}
	first := routing(t, table)
	four, six := dialling(t, "10.96.0.1:80", "four"), dialling(t, "[fd00:96::1]:80", "six")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		// Another size is another folder of tables, as another version is.
		d, err := ebpf.Open(ebpf.Config{CgroupRoot: cgroupRoot, BPFFS: bpffs, MaxFrontends: 1000 * (1 + i%2)})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Replace(context.Background(), table); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	four.check(t)
	six.check(t)
	wantOnlyOurs(t)
}

// wantOnlyOurs expects one program of ours on each hook, and one folder of tables.
func wantOnlyOurs(t *testing.T) {
	t.Helper()
	hooks, err := ebpf.AttachedTo(cgroupRoot, bpffs)
	if err != nil {
		t.Fatal(err)
	}
	for _, hook := range hooks {
		if len(hook.Programs) != 1 || !hook.Programs[0].Ours {
			t.Errorf("attached to %s is %+v, want one program of ours", hook.Name, hook.Programs)
		}
	}
	if len(hooks) != 9 {
		t.Errorf("there are %d hooks, want 9", len(hooks))
	}
	folders, err := filepath.Glob(bpffs + "/inshore/tables-*")
	if err != nil || len(folders) != 1 {
		t.Errorf("the tables are %v, %v; want one folder", folders, err)
	}
}

// TestNoConnectionIsLostInAnUpgrade runs this test binary built with another
// version, and itself again: an upgrade, and back.
func TestNoConnectionIsLostInAnUpgrade(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other-version.test")
	build := exec.Command("go", "test", "-c", "-o", other,
		"-ldflags", "-X github.com/inshore-dev/inshore/agent/datapath/ebpf.version=other", ".")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building another version: %v\n%s", err, output)
	}
	backend := server(t, "127.0.0.1:0", "four")
	table := routes.Table{tcp("10.96.0.1:80"): local(backend)}
	d := routing(t, table)
	l := dialling(t, "10.96.0.1:80", "four")
	old := held(t, "10.96.0.1:80")
	for _, binary := range []string{other, "/proc/self/exe", other} {
		replaceBy(t, binary, backend)
	}
	if _, err := ebpf.Dump(bpffs); err == nil {
		t.Error("the tables of another version were dumped as if they were ours")
	}
	// And back, by the process that has been here all the time.
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	back := routing(t, table)
	l.check(t)
	wantOnlyOurs(t)

	if peer, err := peerOf(old); err != nil || peer != netip.MustParseAddrPort("10.96.0.1:80") {
		t.Errorf("a connection from before says its peer is %v, %v", peer, err)
	}
	counters, err := back.Counters()
	if err != nil {
		t.Fatal(err)
	}
	if got := counters[tcp("10.96.0.1:80")].Local; got <= uint64(l.tried.Load()) {
		t.Errorf("%d connections were counted over all versions, want %d and one", got, l.tried.Load())
	}
}

// helperBackend tells this test binary to be an agent that starts, has one Service
// with this backend, and ends.
const helperBackend = "INSHORE_EBPF_TEST_BACKEND"

func replaceBy(t *testing.T, binary string, backend netip.AddrPort) {
	t.Helper()
	cmd := exec.Command(binary, "-test.run", "^TestHelperReplace$")
	cmd.Env = append(os.Environ(), helperBackend+"="+backend.String(), inside+"="+cgroupRoot, settled+"=yes")
	if output, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(output, []byte("PASS")) {
		t.Fatalf("replacing by %s: %v\n%s", binary, err, output)
	}
}

func TestHelperReplace(t *testing.T) {
	backend, err := netip.ParseAddrPort(os.Getenv(helperBackend))
	if err != nil {
		return // Not asked to help.
	}
	d, err := ebpf.Open(ebpf.Config{CgroupRoot: cgroupRoot, BPFFS: bpffs})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Replace(context.Background(), routes.Table{tcp("10.96.0.1:80"): local(backend)}); err != nil {
		t.Fatal(err)
	}
	if err := d.Canary(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
