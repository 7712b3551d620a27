package validate_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/corpus"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

const root = "../.."

var update = flag.Bool("update", false, "write the mutations and verdicts that the corpus gets into its cases")

// TestCorpus sends the corpus through mutation and rules alone. e2e/parity sends
// it through the front doors.
func TestCorpus(t *testing.T) {
	if *update {
		addReferred(t)
	}
	cases, err := corpus.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	engine := newEngine(t)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			if !c.Goes(corpus.DoorAdmission) && !c.Goes(corpus.DoorAudit) {
				return // about files: e2e/parity compares what review says
			}
			got := *c
			got.Mutations, got.Verdicts = nil, nil
			found, err := c.NodeLocalPolicies()
			if err != nil {
				t.Fatal(err)
			}
			judgeCase(t, validate.Rules{Engine: engine, Enforcement: enforcement.New(found)}, &got)
			got.Sort()
			if *update {
				write(t, &got)
				return
			}
			if diff := cmp.Diff(string(c.Format()), string(got.Format())); diff != "" {
				t.Errorf("the corpus (-) and what it gets (+) differ; if the latter is right: go test ./webhook/validate -run Corpus -update\n%s", diff)
			}
		})
	}
}

// judgeCase fills in a case's mutations and verdicts.
func judgeCase(t *testing.T, rules validate.Rules, c *corpus.Case) {
	t.Helper()
	objects, err := corpus.Manifests(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := corpus.Manifests(c.Stored)
	if err != nil {
		t.Fatal(err)
	}
	store := new(related.Store)
	for _, m := range slices.Concat(stored, objects) {
		put(t, store, m)
	}
	for _, m := range objects {
		i := slices.IndexFunc(stored, func(s corpus.Manifest) bool { return s.Name() == m.Name() })
		var old *corpus.Manifest
		if i >= 0 {
			old = &stored[i]
		}
		if m.Judged() || old != nil && old.Judged() || c.Policies != nil && m.Governed() {
			judgeOne(t, rules, c, store, m, old)
		}
	}
}

func judgeOne(t *testing.T, rules validate.Rules, c *corpus.Case, store *related.Store, m corpus.Manifest, stored *corpus.Manifest) {
	t.Helper()
	sent := &govern.Request{
		Object: project(t, m), Operation: input.OperationCreate, Platform: c.Platform, Related: store.For,
	}
	sent.Namespace = store.Namespace(sent.Object.Meta().Namespace)
	if stored != nil {
		sent.OldObject, sent.Operation = project(t, *stored), input.OperationUpdate
	}
	result, _ := govern.Mutate(t.Context(), rules, sent)
	c.Mutations = append(c.Mutations, changes(t, m, result.Patch)...)

	mutated := *sent
	mutated.Object = result.Object
	verdict := govern.Validate(t.Context(), rules, &mutated)
	if verdict.Document != nil {
		judgeLogged(t, rules, verdict.Document, verdict.Judged)
	}
	for _, r := range verdict.Results {
		c.Verdicts = append(c.Verdicts, corpus.Verdict{
			Severity: string(r.Severity), ID: r.ID, Object: m.Name(), Field: r.Field, Message: r.Message,
		})
	}
}

// changes are the leaves that a patch changes in an object.
func changes(t *testing.T, m corpus.Manifest, patch mutate.Patch) []corpus.Mutation {
	t.Helper()
	before, err := json.Marshal(m.Object)
	if err != nil {
		t.Fatal(err)
	}
	operations, err := jsonpatch.DecodePatch(patch.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	after, err := operations.Apply(before)
	if err != nil {
		t.Fatalf("%s: applying %s: %v", m.Name(), patch.AppendJSON(nil), err)
	}
	var changed any
	if err := json.Unmarshal(after, &changed); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(corpus.Changes(m.Name(), m.Object, changed), func(m corpus.Mutation) bool {
		return m.Pointer == "/metadata/annotations/inshore.dev~1previous"
	})
}

func put(t *testing.T, store *related.Store, m corpus.Manifest) {
	t.Helper()
	switch m.Kind() {
	case "Service":
		store.PutService(decode[input.Service](t, m))
	case "DaemonSet":
		store.PutDaemonSet(decode[input.DaemonSet](t, m))
	case "Deployment", "StatefulSet":
		store.PutWorkload(decode[input.Workload](t, m))
	case "Node":
		store.PutNode(decode[input.Node](t, m))
	}
}

// project is a Service or a DaemonSet as doors read it.
func project(t *testing.T, m corpus.Manifest) input.Object {
	if v1alpha1.Kind(m.Kind()) == v1alpha1.KindService {
		return decode[input.Service](t, m)
	}
	return decode[input.DaemonSet](t, m)
}

func decode[T any](t *testing.T, m corpus.Manifest) *T {
	t.Helper()
	text, err := json.Marshal(m.Object)
	if err != nil {
		t.Fatal(err)
	}
	object := new(T)
	if err := json.Unmarshal(text, object); err != nil {
		t.Fatalf("%s: %v", m.Name(), err)
	}
	return object
}

// addReferred adds a case for each manifest that should be in the corpus and is
// not.
func addReferred(t *testing.T) {
	t.Helper()
	referred, err := corpus.Referred(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range referred {
		if _, err := os.Stat(caseFile(name)); err == nil {
			continue
		}
		write(t, &corpus.Case{Name: name, About: "The manifests of " + file + ".", InputFile: file, Platform: v1alpha1.Platform{
			Kubernetes: v1alpha1.Version{Major: 1, Minor: 36},
		}})
	}
}

func write(t *testing.T, c *corpus.Case) {
	t.Helper()
	if err := os.WriteFile(caseFile(c.Name), c.Format(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func caseFile(name string) string { return filepath.Join(root, corpus.Folder, name+".txtar") }

func TestTheCorpusHoldsEveryExample(t *testing.T) {
	referred, err := corpus.Referred(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range referred {
		if _, err := os.Stat(caseFile(name)); err != nil {
			t.Errorf("%s is not in the corpus: go test ./webhook/validate -run Corpus -update adds it", file)
		}
	}
}

func TestTheCorpusBreaksAndKeepsEveryRule(t *testing.T) {
	cases, err := corpus.Load(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range newEngine(t).Rules() {
		breaks := func(c *corpus.Case) bool {
			return slices.ContainsFunc(c.Verdicts, func(v corpus.Verdict) bool { return v.ID == rule.ID })
		}
		// Mutation repairs what ISH209 is about at every door; its own tests break it.
		if rule.ID != "ISH209" && !slices.ContainsFunc(cases, breaks) {
			t.Errorf("no case breaks %s", rule.ID)
		}
		folder := strings.ReplaceAll(strings.TrimPrefix(rule.Package, "inshore."), ".", "/")
		keeps := func(c *corpus.Case) bool {
			about := rule.Package == "" || c.InputFile == "policies/"+folder+"/good.yaml"
			return about && !breaks(c)
		}
		if !slices.ContainsFunc(cases, keeps) {
			t.Errorf("no case keeps %s", rule.ID)
		}
	}
}
