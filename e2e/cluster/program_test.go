package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestComponentsHaveTheirModulesInTheRepository(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []component{etcdProgram, kubernetesPrograms, containerdPrograms, cniPlugins, certManagerProgram, coreDNSProgram} {
		module := filepath.Join(root, "e2e", "build", c.name)
		version, err := requiredVersion(filepath.Join(module, "go.mod"), c.source)
		if err != nil || !strings.HasPrefix(version, "v") {
			t.Errorf("%s: got version %q, %v", c.name, version, err)
		}
	}
}

func TestComponentIsBuiltAgainWhenItsModuleChanges(t *testing.T) {
	module := t.TempDir()
	write := func(file, text string) {
		if err := os.WriteFile(filepath.Join(module, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module x")
	write("go.sum", "")
	var hashes []string
	hash := func() {
		h, err := component{}.hash(module)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	hash()
	write("go.sum", "sum")
	hash()
	write("main.go", "package main")
	hash()
	slices.Sort(hashes)
	if len(slices.Compact(hashes)) != 3 {
		t.Errorf("got %v, want three different hashes", hashes)
	}
}

func TestLibraryPackagesAreTheFirstAlternativesThatHoldLibraries(t *testing.T) {
	got := libraryPackages("Depends: libc6 (>= 2.34), libevent-2.1-7 | libevent-2.0-5, adduser, lsb-base (>= 3.0)\nPre-Depends: libc6")
	if want := []string{"libc6", "libevent-2.1-7"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMissingPackagesAreNamedForAptToInstall(t *testing.T) {
	got := missingPackages(func(program string) bool { return program != "nft" && program != "runc" })
	if want := []string{"nftables", "runc"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	got := tail([]byte(strings.Repeat("line\n", 100) + "last\n"))
	if lines := strings.Split(got, "\n"); len(lines) != 20 || lines[19] != "last" {
		t.Errorf("got %q", got)
	}
}
