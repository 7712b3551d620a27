package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
)

// InstallGo installs a program of somebody else's module with go install, once,
// and returns where it is. The package must be the module's root.
func InstallGo(ctx context.Context, module, version string) (string, error) {
	p := &progress{out: os.Stderr}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	name := path.Base(module)
	dir := filepath.Join(cache, "build", fmt.Sprintf("%s-%s-%s", name, version, runtime.Version()))
	err = cached(ctx, dir, p, func(dir string) error {
		return p.during("installing "+name+" "+version, func() error {
			install := exec.CommandContext(ctx, "go", "install", "-trimpath", module+"@"+version)
			install.Env = append(buildEnv(), "GOBIN="+dir)
			var complaints bytes.Buffer
			install.Stderr = &complaints
			if err := install.Run(); err != nil {
				return fmt.Errorf("install %s@%s: %w\n%s", module, version, err, tail(complaints.Bytes()))
			}
			return nil
		})
	})
	return filepath.Join(dir, name), err
}
