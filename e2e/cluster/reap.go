package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Down takes a cluster down, whoever started it, and removes everything that was made for it.
func Down(ctx context.Context, name string) error {
	unlock, err := lockStates(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if !exists(stateDir(name)) {
		return fmt.Errorf("there is no cluster %q", name)
	}
	return remove(name)
}

// lockStates keeps the creation and the removal of clusters apart. The lock is not held while one runs.
func lockStates(ctx context.Context) (unlock func(), err error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	return lockFile(ctx, filepath.Join(cache, "lab.lock"), &progress{out: os.Stderr})
}

// reap removes the clusters whose owners are gone. The caller holds the lock.
func reap(p *progress) error {
	names, err := recordedNames()
	if err != nil {
		return err
	}
	for _, name := range names {
		r, err := loadRecord(name)
		// A folder without a readable record is the trace of a start that was killed before it wrote one.
		if err == nil && !r.abandoned(machine.Process.Alive) {
			continue
		}
		p.printf("removing cluster %s, which its owner left behind", name)
		if err := remove(name); err != nil {
			return err
		}
	}
	return nil
}

// remove takes down what a cluster's record names, and needs nothing of the process that wrote it.
func remove(name string) error {
	var failed error
	r, err := loadRecord(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		failed = err
	}
	for _, m := range r.Machines {
		failed = errors.Join(failed, m.First.Kill())
	}
	for _, m := range r.Machines {
		failed = errors.Join(failed, machine.RemoveFolders(r.Hierarchies, cgroupFolder(name, m.Name)))
	}
	if failed != nil {
		return fmt.Errorf("take down cluster %s: %w", name, failed)
	}
	if err := os.RemoveAll(stateDir(name)); err != nil {
		return fmt.Errorf("remove the state of cluster %s: %w", name, err)
	}
	// Refused while other clusters have theirs in it.
	_ = os.Remove(stateRoot())
	return nil
}
