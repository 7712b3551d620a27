package cluster

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// DebianImage makes an image of a program of a Debian package, with the libraries it needs and nothing else:
//
//	img, err := cluster.DebianImage(ctx, "docker.io/local/memcached:1", "memcached", "/usr/bin/memcached")
//
// The packages are downloaded and unpacked into the cache; nothing is installed on the host.
func DebianImage(ctx context.Context, name, pkg, program string) (Image, error) {
	p := &progress{out: os.Stderr}
	cache, err := cacheDir()
	if err != nil {
		return Image{}, err
	}
	release, err := debianRelease()
	if err != nil {
		return Image{}, err
	}
	root := filepath.Join(cache, "debian", release, pkg)
	err = cached(ctx, root, p, func(dir string) error {
		return p.during("downloading Debian package "+pkg, func() error { return unpackWithLibraries(ctx, dir, pkg) })
	})
	if err != nil {
		return Image{}, err
	}
	img := Image{Name: name, Entrypoint: []string{program}, Files: map[string]string{}}
	img.Contents = map[string]string{"/etc/passwd": "root:x:0:0::/:/\nnobody:x:65534:65534::/:/\n"}
	return img, addProgram(img.Files, root, program)
}

// debianRelease is the code name of the host's release: a cache may be shared by hosts of several.
func debianRelease() (string, error) {
	text, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return "", fmt.Errorf("read the host's release: %w", err)
	}
	match := regexp.MustCompile(`(?m)^VERSION_CODENAME=(\w+)`).FindSubmatch(text)
	if match == nil {
		return "", errors.New("/etc/os-release names no VERSION_CODENAME: images from packages need Debian or Ubuntu")
	}
	return string(match[1]), nil
}

// unpackWithLibraries downloads a package, and the library packages that it depends on at however many
// removes, and unpacks them all over each other.
func unpackWithLibraries(ctx context.Context, dir, pkg string) error {
	downloads := filepath.Join(dir, "downloads")
	if err := os.MkdirAll(downloads, 0o755); err != nil {
		return fmt.Errorf("create %s: %w", downloads, err)
	}
	if err := aptDownload(ctx, downloads, pkg); err != nil {
		return err
	}
	seen := map[string]bool{pkg: true}
	for queue := []string{pkg}; len(queue) > 0; queue = queue[1:] {
		if queue[0] != pkg {
			if err := aptDownload(ctx, downloads, queue[0]); err != nil {
				return err
			}
		}
		archive, err := onlyMatch(filepath.Join(downloads, queue[0]+"_*.deb"))
		if err != nil {
			return err
		}
		depends, err := dpkgDeb(ctx, "--field", archive, "Depends", "Pre-Depends")
		if err != nil {
			return err
		}
		for _, library := range libraryPackages(depends) {
			if !seen[library] {
				seen[library] = true
				queue = append(queue, library)
			}
		}
		if _, err := dpkgDeb(ctx, "--extract", archive, dir); err != nil {
			return err
		}
	}
	return os.RemoveAll(downloads)
}

// aptDownload fetches one package; on a host that never asked for the lists of packages, after these.
func aptDownload(ctx context.Context, dir, pkg string) error {
	// As root, without the user that apt changes to and that may not write here.
	args := []string{"download", "-qq", "-o", "APT::Sandbox::User=root", pkg}
	if apt(ctx, dir, args...) == nil {
		return nil
	}
	if err := apt(ctx, "", "update", "-qq"); err != nil {
		return err
	}
	return apt(ctx, dir, args...)
}

func dpkgDeb(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "dpkg-deb", args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("dpkg-deb %s: %w\n%s", args[0], err, tail(complaints.Bytes()))
	}
	return out.String(), nil
}

var packageName = regexp.MustCompile(`[a-z0-9][a-z0-9+.-]+`)

// libraryPackages picks from the text of a package's dependencies those that can hold shared libraries. Of
// alternatives it takes the first, as apt does.
func libraryPackages(depends string) []string {
	var libraries []string
	for line := range strings.Lines(depends) {
		_, list, _ := strings.Cut(line, ":")
		for dependency := range strings.SplitSeq(list, ",") {
			name := packageName.FindString(strings.TrimSpace(dependency))
			if strings.HasPrefix(name, "lib") && !slices.Contains(libraries, name) {
				libraries = append(libraries, name)
			}
		}
	}
	return libraries
}

func onlyMatch(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%d files match %s, want one", len(found), pattern)
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// addProgram adds a program from the unpacked packages below root, with its loader and its libraries.
func addProgram(files map[string]string, root, program string) error {
	if files[program] != "" {
		return nil
	}
	source, err := findInRoot(root, program)
	if err != nil {
		return err
	}
	files[program] = source
	binary, err := elf.Open(source)
	if err != nil {
		return fmt.Errorf("read program %s: %w", source, err)
	}
	defer binary.Close()
	for _, segment := range binary.Progs {
		if segment.Type == elf.PT_INTERP {
			name, err := io.ReadAll(segment.Open())
			if err != nil {
				return fmt.Errorf("read the loader's name in %s: %w", source, err)
			}
			if err := addProgram(files, root, strings.TrimRight(string(name), "\x00")); err != nil {
				return err
			}
		}
	}
	libraries, err := binary.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("read the libraries of %s: %w", source, err)
	}
	for _, library := range libraries {
		place, err := findLibrary(root, library)
		if err == nil {
			err = addProgram(files, root, place)
		}
		if err != nil {
			return fmt.Errorf("library %s of %s: %w", library, program, err)
		}
	}
	return nil
}

// findLibrary returns where the loader will look for a library.
func findLibrary(root, library string) (string, error) {
	for _, pattern := range []string{"/lib/*-linux-gnu*", "/usr/lib/*-linux-gnu*", "/lib", "/usr/lib", "/lib64"} {
		found, err := filepath.Glob(filepath.Join(root, pattern, library))
		if err != nil {
			return "", err
		}
		if len(found) > 0 {
			return strings.TrimPrefix(found[0], root), nil
		}
	}
	return "", errors.New("is in none of the unpacked packages")
}

// findInRoot follows links as if root were /.
func findInRoot(root, name string) (string, error) {
	for range 10 {
		target, err := os.Readlink(filepath.Join(root, name))
		if err != nil {
			break
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(name), target)
		}
		name = target
	}
	source := filepath.Join(root, name)
	if _, err := os.Stat(source); err != nil {
		return "", fmt.Errorf("the unpacked packages do not have it: %w", err)
	}
	return source, nil
}
