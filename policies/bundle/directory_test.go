package bundle_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/bundle"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestAFolderIsABundle(t *testing.T) {
	got, err := bundle.FromFS(fstest.MapFS{
		"acme/rule.rego":      file(rule),
		"acme/rule_test.rego": file("package acme.rule_test\n"),
		"README.md":           file("read me"),
		".manifest":           file(`{"metadata": {"inshore": {"retired": ["ACME003", "ACME002"]}}}`),
		".git/x.rego":         file("package x\n"),
		".hidden.rego":        file("package x\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"acme/rule.rego"}, got.Paths()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ACME002", "ACME003"}, got.Retired); diff != "" {
		t.Error(diff)
	}
	files, err := got.FS()
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(files, "acme/rule.rego"); err != nil {
		t.Error(err)
	}
}

func TestAFolderHasBoundsToo(t *testing.T) {
	_, err := bundle.FromFS(fstest.MapFS{"x.rego": file(strings.Repeat(" ", bundle.MaxUnpacked+1))})
	if err == nil || !strings.Contains(err.Error(), "too much for a bundle") {
		t.Errorf("got %v", err)
	}
}

func TestTheDigestIsThatOfTheContent(t *testing.T) {
	digest := func(files map[string]string) string {
		b, err := bundle.New(files)
		if err != nil {
			t.Fatal(err)
		}
		return b.Digest
	}
	plain := digest(map[string]string{"a.rego": "package a\n"})
	for sentence, files := range map[string]map[string]string{
		"another text":   {"a.rego": "package a.b\n"},
		"another path":   {"b.rego": "package a\n"},
		"another file":   {"a.rego": "package a\n", "b.rego": "package b\n"},
		"a retired rule": {"a.rego": "package a\n", ".manifest": `{"metadata": {"inshore": {"retired": ["A"]}}}`},
	} {
		if digest(files) == plain {
			t.Errorf("%s has the same digest", sentence)
		}
	}
	if digest(map[string]string{"a.rego": "package a\n", "a_test.rego": "package a_test\n"}) != plain {
		t.Error("a test changes the digest")
	}
}
