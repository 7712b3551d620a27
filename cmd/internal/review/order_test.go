package review

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The order in which objects are read must not change a verdict: here every
// document of the examples goes into a file of its own, under names that sort
// differently each time.
func TestOrderDoesNotChangeVerdicts(t *testing.T) {
	documents := exampleDocuments(t)
	want := verdictsIn(t, documents)
	if len(want) < 10 {
		t.Fatalf("only %d findings in the examples: %v", len(want), want)
	}
	for seed := range uint64(8) {
		shuffled := slices.Clone(documents)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(shuffled), func(i, j int) {
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		})
		if diff := cmp.Diff(want, verdictsIn(t, shuffled)); diff != "" {
			t.Errorf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
}

func exampleDocuments(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../../../examples/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples (%v)", err)
	}
	var documents []string
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, strings.Split(string(data), "\n---\n")...)
	}
	return documents
}

// verdictsIn reviews the documents, a file each, and returns what was found
// without the places.
func verdictsIn(t *testing.T, documents []string) []string {
	t.Helper()
	folder := t.TempDir()
	for i, document := range documents {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d.yaml", i)), []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	outcome, err := Run(t.Context(), config(t), []string{folder})
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, r := range outcome.Report().Results {
		found = append(found, strings.Join([]string{r.ID, string(r.Severity), r.Kind, r.Namespace, r.Name, r.Field, r.Message}, " "))
	}
	slices.Sort(found)
	return found
}
