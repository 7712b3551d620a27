package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// cacheDir is where everything is kept that took long to make and can be made again.
func cacheDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder (set XDG_CACHE_HOME or HOME): %w", err)
	}
	dir := filepath.Join(base, "inshore")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("create the cache folder: %w", err)
	}
	return dir, nil
}

// lockFile takes an exclusive lock that ends with unlock or with this process, and says so while it waits.
func lockFile(ctx context.Context, path string, p *progress) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("create the folder of lock %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock %s: %w", path, err)
	}
	step := fmt.Sprintf("waiting for another process that holds %s", path)
	err = p.during(step, func() error {
		for {
			err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
			if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
				return err
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(pollInterval):
			}
		}
	})
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("take lock %s: %w", path, err)
	}
	return func() { file.Close() }, nil
}

// cached returns dir after making sure that it was filled: by fill, into a temporary folder that is renamed
// into place, so that dir is there either whole or not at all, and filled once however many ask.
func cached(ctx context.Context, dir string, p *progress, fill func(dir string) error) error {
	if exists(dir) {
		return nil
	}
	unlock, err := lockFile(ctx, dir+".lock", p)
	if err != nil {
		return err
	}
	defer unlock()
	if exists(dir) {
		return nil
	}
	unfinished := dir + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("remove what an earlier run left unfinished: %w", err)
	}
	if err := os.MkdirAll(unfinished, 0o755); err != nil {
		return fmt.Errorf("create %s: %w", unfinished, err)
	}
	if err := fill(unfinished); err != nil {
		return err
	}
	if err := os.Rename(unfinished, dir); err != nil && !exists(dir) {
		return fmt.Errorf("put %s in place: %w", dir, err)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
