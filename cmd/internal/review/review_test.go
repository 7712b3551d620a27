package review

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/validate"
)

var update = flag.Bool("update", false, "write the golden files in testdata instead of comparing with them")

// engine is compiled once: the rules do not change between tests.
var engine = sync.OnceValues(func() (*policies.Engine, error) {
	return policies.New(context.Background(), policies.Config{})
})

func config(t testing.TB) Config {
	t.Helper()
	e, err := engine()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Rules:     validate.Rules{Engine: e},
		Platform:  v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}},
		Namespace: "default",
	}
}

// inText reviews one text as standard input.
func inText(t testing.TB, manifests string) *Outcome {
	t.Helper()
	c := config(t)
	c.Stdin = bytes.NewReader([]byte(manifests))
	outcome, err := Run(t.Context(), c, []string{"-"})
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// TestGolden reviews each folder of testdata and compares every format with the
// file beside it.
func TestGolden(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders in testdata (%v)", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			// Paths in the output are as the user gives them.
			t.Chdir(folder)
			outcome, err := Run(t.Context(), config(t), []string{"in"})
			if err != nil {
				t.Fatal(err)
			}
			report, explanation := outcome.Report(), outcome.Explain()
			compare(t, "review.txt", func(b *bytes.Buffer) error { return report.WriteText(b, outcome.Source(), Style{}) })
			compare(t, "review.json", func(b *bytes.Buffer) error { return report.WriteJSON(b) })
			compare(t, "explain.txt", func(b *bytes.Buffer) error { return explanation.WriteText(b, Style{}) })
			compare(t, "explain.json", func(b *bytes.Buffer) error { return explanation.WriteJSON(b) })
		})
	}
}

func compare(t *testing.T, golden string, write func(*bytes.Buffer) error) {
	t.Helper()
	var got bytes.Buffer
	if err := write(&got); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (go test -run TestGolden -update writes it)", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}
