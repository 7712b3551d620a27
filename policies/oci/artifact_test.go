package oci_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/oci"
)

func parse(t *testing.T, text string) oci.Reference {
	t.Helper()
	reference, err := oci.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return reference
}

func packed(t *testing.T) []byte {
	t.Helper()
	b, err := bundle.New(map[string]string{"rule.rego": "package acme.rule\n"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Write(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsPushedIsPulled(t *testing.T) {
	_, host := newRegistry(t)
	folder := filepath.Join(t.TempDir(), "layout")
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	var digests []string
	for sentence, reference := range map[string]string{
		"in a folder":            "oci:" + folder + ":v1",
		"in a folder, otherwise": "oci-layout:" + folder + ":v2",
		"in a registry":          host + "/team/rules:v1",
		"without a tag":          host + "/team/rules",
	} {
		t.Run(sentence, func(t *testing.T) {
			data := packed(t)
			pushed, err := oci.Push(t.Context(), parse(t, reference), data)
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, pushed)
			for range 2 {
				again, err := oci.Push(t.Context(), parse(t, reference), data)
				if err != nil || again != pushed {
					t.Errorf("pushing it again: %s, %v, want %s", again, err, pushed)
				}
			}
			got, pulled, err := oci.Pull(t.Context(), parse(t, reference))
			if err != nil || pulled != pushed || !bytes.Equal(got, data) {
				t.Errorf("got %d bytes of %s, %v; want %d of %s", len(got), pulled, err, len(data), pushed)
			}
			name, _, _ := strings.Cut(parse(t, reference).String(), ":v")
			byDigest := parse(t, strings.TrimSuffix(name, ":latest")+"@"+pushed)
			if _, _, err := oci.Pull(t.Context(), byDigest); err != nil {
				t.Errorf("by digest: %v", err)
			}
		})
	}
	for _, digest := range digests {
		if digest != digests[0] {
			t.Errorf("one bundle has the digests %v", digests)
		}
	}
}

func TestWhatCannotBePulled(t *testing.T) {
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	broken, host := newRegistry(t)
	if _, err := oci.Push(t.Context(), parse(t, host+"/team/rules:v1"), packed(t)); err != nil {
		t.Fatal(err)
	}
	broken.broken = true
	folder := t.TempDir()
	large := make([]byte, bundle.MaxPacked+1)
	if _, err := oci.Push(t.Context(), parse(t, "oci:"+folder+":large"), large); err != nil {
		t.Fatal(err)
	}
	for sentence, test := range map[string]struct{ reference, says string }{
		"a folder that there is not":       {"oci:no/such:v1", "opening oci:no/such:v1"},
		"a tag that there is not":          {"oci:" + folder + ":v9", "not found"},
		"a repository that there is not":   {host + "/team/nothing:v1", "not found"},
		"what was changed on the way":      {host + "/team/rules:v1", "mismatch"},
		"what is too large to be a bundle": {"oci:" + folder + ":large", "too much for a bundle"},
	} {
		t.Run(sentence, func(t *testing.T) {
			data, _, err := oci.Pull(t.Context(), parse(t, test.reference))
			if err == nil || data != nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want an error that says %q, got %v", test.says, err)
			}
		})
	}
	t.Run("and no folder is made on the way", func(t *testing.T) {
		if _, err := os.Stat("no"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]oci.Reference{
		"oci:build/rules:v1":                 {Layout: "build/rules", Version: "v1"},
		"oci:build/rules":                    {Layout: "build/rules", Version: "latest"},
		"oci-layout:/tmp/x:v1":               {Layout: "/tmp/x", Version: "v1"},
		"registry.example/team/rules:v1":     {Repository: "registry.example/team/rules", Version: "v1"},
		"registry.example:5000/rules":        {Repository: "registry.example:5000/rules", Version: "latest"},
		"oci://registry.example/rules:v1":    {Repository: "registry.example/rules", Version: "v1"},
		"registry.example/rules@sha256:0123": {Repository: "registry.example/rules", Version: "sha256:0123"},
	} {
		got, err := oci.ParseReference(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for _, text := range []string{"", "oci:", "oci::v1", "rules", "Registry.example/UPPER:v1", "https://registry.example/x:v1"} {
		if got, err := oci.ParseReference(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func ExamplePush() {
	folder, err := os.MkdirTemp("", "layout")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	reference, err := oci.ParseReference("oci:" + folder + ":v1")
	if err != nil {
		fmt.Println(err)
		return
	}
	pushed, err := oci.Push(context.Background(), reference, []byte("a bundle"))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, pulled, err := oci.Pull(context.Background(), reference)
	fmt.Println(string(data), pushed == pulled, err)
	// Output: a bundle true <nil>
}
