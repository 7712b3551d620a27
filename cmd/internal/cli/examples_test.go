package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/cmd/internal/review"
)

const examples = "../../../examples"

// reviewed is the report on one path of the examples.
func reviewed(t *testing.T, path string) (review.Report, int) {
	t.Helper()
	got := inshore(t, "", "review", "--format", "json", path)
	var report review.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil {
		t.Fatalf("%v in %q, %s", err, got.out, got.errOut)
	}
	return report, got.code
}

func TestGoodExamplesAreClean(t *testing.T) {
	report, code := reviewed(t, filepath.Join(examples, "good"))
	if code != 0 || len(report.Results) > 0 {
		t.Errorf("exit code %d, results %+v; want 0 and none", code, report.Results)
	}
	if len(report.Mutations) != report.Summary.Objects {
		t.Errorf("%d mutations of %d objects; every good example is opted in", len(report.Mutations), report.Summary.Objects)
	}
}

// Each bad example names in its first line the rules that catch it, in itself
// and among all the others.
func TestBadExamplesSayWhatIsWrong(t *testing.T) {
	all, _ := reviewed(t, examples)
	files, err := filepath.Glob(filepath.Join(examples, "bad", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad examples (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want := expected(t, file)
			alone, _ := reviewed(t, file)
			if diff := cmp.Diff(want, ids(alone, file)); diff != "" {
				t.Errorf("alone (-want +got):\n%s\n%+v", diff, alone.Results)
			}
			if diff := cmp.Diff(want, ids(all, file)); diff != "" {
				t.Errorf("among the others (-want +got):\n%s\n%+v", diff, all.Results)
			}
		})
	}
}

func expected(t *testing.T, file string) []string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(data), "\n")
	named, ok := strings.CutPrefix(first, "# expect: ")
	if !ok {
		t.Fatalf("the first line is %q, want # expect: and rule ids", first)
	}
	return strings.Fields(named)
}

func ids(report review.Report, file string) []string {
	var ids []string
	for _, result := range report.Results {
		if result.File == file {
			ids = append(ids, result.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
