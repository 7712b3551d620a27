package reload

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/policies/bundle"
)

// Directory is a source: a folder, which may be a mounted ConfigMap.
type Directory struct {
	// Path is the folder.
	Path string
	// Interval is how often it is looked at. Looking beats being told: a mounted
	// ConfigMap changes by the swap of a link that is not in the folder's files,
	// up to a minute after the ConfigMap.
	Interval time.Duration
	Clock    clock.WithTicker
}

// Name is the source's: the folder, so that errors name files as they are.
func (d Directory) Name() string { return filepath.Clean(d.Path) }

// Read reads the folder as it is now.
func (d Directory) Read() Change {
	content, err := bundle.FromFS(d.snapshot())
	if err != nil {
		return Change{Source: d.Name(), Err: err}
	}
	return Change{Source: d.Name(), Bundle: content}
}

// snapshot is the folder, or the one that ..data leads to: the kubelet never
// writes into that, so what is read there is of one version.
func (d Directory) snapshot() fs.FS {
	if data, err := filepath.EvalSymlinks(filepath.Join(d.Path, "..data")); err == nil {
		return os.DirFS(data)
	}
	return os.DirFS(d.Path)
}

// Run applies what the folder says whenever that changes, until ctx is done.
func (d Directory) Run(ctx context.Context, holder *Holder) {
	ticker := d.Clock.NewTicker(d.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
			holder.Apply(ctx, d.Read())
		}
	}
}
