package reference_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/internal/reference"
)

func TestCommittedFilesAreWhatTheRulesSay(t *testing.T) {
	root := filepath.Join("..", "..")
	files, err := reference.Files(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is stale (%v): run `go generate ./policies` and commit it", name, err)
		}
	}
}

func TestARuleWithoutExamplesIsAnError(t *testing.T) {
	rules := []policies.Rule{{ID: "ISH999", Package: "inshore.rules.service.nothing"}}
	_, err := reference.Markdown(rules, fstest.MapFS{})
	if err == nil || !strings.Contains(err.Error(), "ISH999") {
		t.Errorf("want an error that names the rule, got %v", err)
	}
}
