package reload_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/policies/reload"
)

// mount lays a folder out as the kubelet does with a ConfigMap's volume, and
// returns how it swaps the content.
func mount(t *testing.T, folder string) func(version string, files map[string]string) {
	return func(version string, files map[string]string) {
		t.Helper()
		real := filepath.Join(folder, ".."+version)
		check(t, os.Mkdir(real, 0o755))
		for name, text := range files {
			check(t, os.WriteFile(filepath.Join(real, name), []byte(text), 0o644))
			link := filepath.Join(folder, name)
			if _, err := os.Lstat(link); err != nil {
				check(t, os.Symlink(filepath.Join("..data", name), link))
			}
		}
		before, _ := os.Readlink(filepath.Join(folder, "..data"))
		check(t, os.Symlink(".."+version, filepath.Join(folder, "..data_tmp")))
		check(t, os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
		if before != "" {
			check(t, os.RemoveAll(filepath.Join(folder, before)))
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAMountedConfigMapIsReloadedWhenTheKubeletSwapsIt(t *testing.T) {
	folder := t.TempDir()
	swap := mount(t, folder)
	swap("one", map[string]string{"a.rego": rule("ACME001", good)})
	clock := testingclock.NewFakeClock(time.Unix(0, 0))
	directory := reload.Directory{Path: folder, Interval: time.Second, Clock: clock}
	w := newWorld(t, directory.Read())

	said := make(chan reload.Outcome)
	w.Holder = restart(t, w, directory, said)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); directory.Run(ctx, w.Holder) }()
	look := func() reload.Outcome {
		for !clock.HasWaiters() {
			runtime.Gosched()
		}
		clock.Step(time.Second)
		return <-said
	}
	if got := look(); got.Result != reload.Unchanged {
		t.Errorf("nothing changed: %+v", got)
	}
	swap("two", map[string]string{"a.rego": rule("ACME001", good), "b.rego": rule("ACME002", good)})
	if got := look(); got.Result != reload.Loaded {
		t.Errorf("after a swap: %+v", got)
	}
	swap("three", map[string]string{"a.rego": rule("ACME001", broken), "b.rego": rule("ACME002", good)})
	if got := look(); got.Result != reload.Refused || !strings.Contains(got.Err.Error(), filepath.Join(folder, "a.rego")+":11") {
		t.Errorf("after a mistake: %+v", got)
	}
	check(t, os.RemoveAll(folder))
	if got := look(); got.Result != reload.Unreadable {
		t.Errorf("after the folder went: %+v", got)
	}
	stop()
	<-ended
	if diff := cmp.Diff([]string{"ACME001", "ACME002"}, w.custom()); diff != "" {
		t.Error(diff)
	}
}

// restart is a holder that says what it does to a channel, once it has started.
func restart(t *testing.T, w *world, directory reload.Directory, said chan<- reload.Outcome) *reload.Holder {
	t.Helper()
	config, started := w.config(), false
	config.Report = func(outcome reload.Outcome) {
		if started {
			said <- outcome
		}
	}
	holder, err := reload.New(t.Context(), config, directory.Read())
	check(t, err)
	started = true
	return holder
}
