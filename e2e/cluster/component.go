package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// component is a set of programs that are built from one of the modules under e2e/build.
type component struct {
	// name is the module's folder; source is the module whose version is the component's.
	name, source string
	// packages are what to build. Kubernetes' are built one after the other, so that progress shows.
	packages []string
	tags     string
	// versionVar is the variable that tells the programs their version.
	versionVar string
	// files are folders of the source module that the harness wants beside the programs.
	files []string
}

var (
	etcdProgram = component{
		name: "etcd", source: "go.etcd.io/etcd/server/v3",
		packages: []string{"go.etcd.io/etcd/server/v3"},
	}
	kubernetesPrograms = component{
		name: "kubernetes", source: "k8s.io/kubernetes",
		packages: []string{
			"k8s.io/kubernetes/cmd/kube-apiserver", "k8s.io/kubernetes/cmd/kube-controller-manager",
			"k8s.io/kubernetes/cmd/kube-scheduler", "k8s.io/kubernetes/cmd/kube-proxy",
			"k8s.io/kubernetes/cmd/kubelet", "k8s.io/kubernetes/cmd/kubectl",
		},
		versionVar: "k8s.io/component-base/version.gitVersion",
	}
	containerdPrograms = component{
		name: "containerd", source: "github.com/containerd/containerd/v2",
		packages: []string{
			"github.com/containerd/containerd/v2/cmd/containerd",
			"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
			"github.com/containerd/containerd/v2/cmd/ctr",
		},
		// The snapshotters for file systems that no node of ours has.
		tags:       "no_btrfs,no_zfs,no_devmapper",
		versionVar: "github.com/containerd/containerd/v2/version.Version",
	}
	cniPlugins = component{
		name: "cni", source: "github.com/containernetworking/plugins",
		packages: []string{
			"github.com/containernetworking/plugins/plugins/ipam/host-local",
			"github.com/containernetworking/plugins/plugins/main/loopback",
			"github.com/containernetworking/plugins/plugins/main/ptp",
			"github.com/containernetworking/plugins/plugins/meta/portmap",
		},
		versionVar: "github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion",
	}
	certManagerProgram = component{
		name: "certmanager", source: "github.com/cert-manager/cert-manager",
		packages: []string{"."},
		files:    []string{"deploy/crds"},
	}
	coreDNSProgram = component{
		name: "coredns", source: "github.com/coredns/coredns",
		packages: []string{"."},
	}
)

// build returns the folder with the component's programs, building them if nobody has before.
func (c component) build(ctx context.Context, root string, p *progress) (string, error) {
	module := filepath.Join(root, "e2e", "build", c.name)
	version, err := requiredVersion(filepath.Join(module, "go.mod"), c.source)
	if err != nil {
		return "", err
	}
	hash, err := c.hash(module)
	if err != nil {
		return "", fmt.Errorf("hash module %s: %w", module, err)
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "build", fmt.Sprintf("%s-%s-%s", c.name, version, hash))
	err = cached(ctx, dir, p, func(dir string) error {
		for _, pkg := range c.packages {
			if err := c.buildPackage(ctx, module, version, pkg, dir, p); err != nil {
				return err
			}
		}
		return c.copyFiles(ctx, module, dir)
	})
	return dir, err
}

func (c component) buildPackage(ctx context.Context, module, version, pkg, dir string, p *progress) error {
	ldflags := "-s -w"
	if c.versionVar != "" {
		ldflags += fmt.Sprintf(" -X %s=%s", c.versionVar, version)
	}
	name := filepath.Base(pkg)
	if len(c.packages) == 1 {
		name = c.name
	}
	step := fmt.Sprintf("building %s %s", name, version)
	return p.during(step, func() error {
		return goBuild(ctx, module, "-trimpath", "-tags", c.tags, "-ldflags", ldflags, "-o", filepath.Join(dir, name), pkg)
	})
}

func (c component) copyFiles(ctx context.Context, module, dir string) error {
	if len(c.files) == 0 {
		return nil
	}
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", c.source)
	list.Dir = module
	list.Env = buildEnv()
	source, err := list.Output()
	if err != nil {
		return fmt.Errorf("find the sources of %s: %w", c.source, err)
	}
	for _, folder := range c.files {
		from := filepath.Join(strings.TrimSpace(string(source)), folder)
		if err := os.CopyFS(filepath.Join(dir, filepath.Base(folder)), os.DirFS(from)); err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
	}
	return nil
}

// hash covers everything that decides what is built, but for the module cache, which go.sum pins.
func (c component) hash(module string) (string, error) {
	return hashSources(fmt.Sprint(c.packages, c.tags, c.versionVar, c.files), module)
}

func requiredVersion(gomod, source string) (string, error) {
	text, err := os.ReadFile(gomod)
	if err != nil {
		return "", fmt.Errorf("read the component's version: %w", err)
	}
	required := regexp.MustCompile(`(?m)^(?:require)?\s*` + regexp.QuoteMeta(source) + ` (v\S+)`)
	match := required.FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("%s does not require %s", gomod, source)
	}
	return string(match[1]), nil
}
