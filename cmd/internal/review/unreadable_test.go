package review

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestAnUnreadableFileHidesNoOther(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Symlink("gone", "a.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("b.yaml", []byte("apiVersion: v1\nkind: ConfigMap\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	outcome, err := Run(t.Context(), config(t), []string{"."})
	if err != nil {
		t.Fatal(err)
	}
	report := outcome.Report()
	if report.Summary.Objects != 1 || report.Summary.Errors != 1 {
		t.Fatalf("summary = %+v, want one object and one error", report.Summary)
	}
	if got := report.Results[0]; got.ID != "ISH001" || got.File != "a.yaml" || !strings.Contains(got.Message, "cannot be read") {
		t.Errorf("result = %+v, want ISH001 about a.yaml", got)
	}
}

func TestRunStopsWhenItIsCancelled(t *testing.T) {
	c := config(t)
	c.Stdin = strings.NewReader("a: b\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ctx, c, []string{"-"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v, want context.Canceled", err)
	}
}
