package parity

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/inshore-dev/inshore/policies/corpus"
)

// report is what is compared of `inshore review --format json`.
type report struct {
	Results []struct {
		ID, Severity, Kind, Namespace, Name, Field, Message string
	}
	Mutations []struct {
		Kind, Namespace, Name string
		Patch                 json.RawMessage
	}
}

// reviewAll reviews each case by itself: files that are reviewed together are
// related to each other.
func reviewAll(t *testing.T, cases []*corpus.Case) (objects int) {
	for _, c := range cases {
		if !c.Goes(corpus.DoorReview) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "input.yaml")
			if err := os.WriteFile(file, c.Input, 0o644); err != nil {
				t.Fatal(err)
			}
			args := []string{"review", "--format", "json", "--kubernetes-version", c.Platform.Kubernetes.String()}
			if c.Platform.ReadinessGate != "" {
				args = append(args, "--readiness-gate", string(c.Platform.ReadinessGate))
			}
			if c.Policies != nil {
				policies := t.TempDir()
				if err := os.WriteFile(filepath.Join(policies, "policies.yaml"), c.Policies, 0o644); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--policy", policies)
			}
			var r report
			if err := json.Unmarshal(inshore(t.Context(), t, append(args, file)...), &r); err != nil {
				t.Fatal(err)
			}
			objects += compareReview(t, c, r)
		})
	}
	return objects
}

func compareReview(t *testing.T, c *corpus.Case, r report) (objects int) {
	t.Helper()
	got := corpus.Case{}
	for _, result := range r.Results {
		object := corpus.Object(result.Kind, result.Namespace, result.Name)
		if result.Kind == "" {
			object = "- -" // a document that cannot be read
		}
		got.Verdicts = append(got.Verdicts, corpus.Verdict{
			Severity: result.Severity, ID: result.ID, Object: object, Field: result.Field, Message: result.Message,
		})
	}
	for _, m := range r.Mutations {
		got.Mutations = append(got.Mutations, reviewed(t, c, corpus.Object(m.Kind, m.Namespace, m.Name), m.Patch)...)
	}
	got.Sort()
	if diff := cmp.Diff(c.Verdicts, got.Verdicts); diff != "" {
		t.Errorf("review: verdicts: got (+), wanted (-):\n%s", diff)
	}
	if diff := cmp.Diff(c.Mutations, got.Mutations); diff != "" {
		t.Errorf("review: mutations: got (+), wanted (-):\n%s", diff)
	}
	return len(r.Mutations)
}

// reviewed are the leaves that a patch of a review changes.
func reviewed(t *testing.T, c *corpus.Case, object string, patch []byte) []corpus.Mutation {
	t.Helper()
	for _, m := range readable(c.Input) {
		if m.Name() != object {
			continue
		}
		var after map[string]any
		if err := json.Unmarshal(applyPatch(t, toJSON(t, m.Object), patch), &after); err != nil {
			t.Fatal(err)
		}
		var changes []corpus.Mutation
		for _, change := range corpus.Changes(object, m.Object, after) {
			if ours(change.Pointer) {
				changes = append(changes, change)
			}
		}
		return changes
	}
	t.Fatalf("review mutates %s, which is not in the case", object)
	return nil
}

func applyPatch(t *testing.T, object, patch []byte) []byte {
	t.Helper()
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	after, err := operations.Apply(object)
	if err != nil {
		t.Fatalf("applying %s: %v", patch, err)
	}
	return after
}

// readable are the manifests of the documents that can be read.
func readable(documents []byte) []corpus.Manifest {
	manifests, err := corpus.Manifests(documents)
	if err == nil {
		return manifests
	}
	for _, document := range corpus.Documents(documents) {
		if some, err := corpus.Manifests(document); err == nil {
			manifests = append(manifests, some...)
		}
	}
	return manifests
}
