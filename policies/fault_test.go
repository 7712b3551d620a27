package policies_test

import (
	"context"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

// faulty is a bundle with one rule, ACME901, that has the given body.
func faulty(body string) fs.FS {
	source := `# METADATA
# title: A rule that fails
# schemas:
#   - input: schema.document
# custom:
#   id: ACME901
#   severity: warning
#   kinds: [Service, DaemonSet]
#   message: "{object} is {how} wrong."
#   remedy: Right it.
package acme.faulty

` + body + "\n"
	return fstest.MapFS{"acme/faulty.rego": {Data: []byte(source)}}
}

func TestARuleThatFailsCostsItsOwnVerdictOnly(t *testing.T) {
	tests := map[string]struct{ body, says string }{
		"a builtin that errs": {
			`violation contains {"field": "x", "values": {"how": y}} if y := to_number(input.object.metadata.name)`,
			"to_number",
		},
		"two values for one rule": {
			"_x := 1 if input.operation\n\n_x := 2 if input.operation\n\nviolation contains {\"field\": \"x\", \"values\": {\"how\": _x}}",
			"conflict",
		},
		"a rule that does not end in time": {
			`violation contains {"field": "x", "values": {"how": n}} if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	n := a * b
	n < 0
}`,
			context.DeadlineExceeded.Error(),
		},
		"a finding that is no object":     {`violation contains "wrong"`, `no text in "field"`},
		"a finding without a field":       {`violation contains {"values": {"how": "very"}}`, `no text in "field"`},
		"a field that is no text":         {`violation contains {"field": 7, "values": {"how": "very"}}`, `no text in "field"`},
		"a finding that lacks a value":    {`violation contains {"field": "x"}`, "no value {how}"},
		"values that are no object":       {`violation contains {"field": "x", "values": "very"}`, "no value {how}"},
		"a finding among those that fail": {`violation contains x if some x in [{"field": "x", "values": {"how": "a"}}, 5]`, `no text in "field"`},
	}
	document := readDocument(t, "rules/daemonset/host_port/bad.yaml")
	want := newEngine(t, policies.Config{}).Evaluate(t.Context(), document).Results
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			engine := newEngine(t, policies.Config{
				Bundles:     []fs.FS{faulty(test.body)},
				RuleTimeout: 500 * time.Millisecond,
			})
			decision := engine.Evaluate(t.Context(), document)
			failures, others := partition(decision.Results, "ACME901")
			if !slices.Equal(others, want) {
				t.Errorf("the other rules say %+v, want %+v", others, want)
			}
			if len(failures) == 0 || failures[0].Severity != policies.SeverityError ||
				!strings.Contains(failures[0].Message, test.says) || !strings.Contains(failures[0].Message, "DaemonSet core/mcrouter") {
				t.Errorf("want an error of ACME901 that says %q, got %+v", test.says, failures)
			}
		})
	}
}

func TestARuleThatFailsDoesNotBarTheWayOut(t *testing.T) {
	engine := newEngine(t, policies.Config{Bundles: []fs.FS{faulty(`violation contains "wrong"`)}})
	document := readDocument(t, "testdata/service.yaml")
	document.Intent = v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalDisabled}
	failures, _ := partition(engine.Evaluate(t.Context(), document).Results, "ACME901")
	if len(failures) != 1 || failures[0].Severity != policies.SeverityWarning {
		t.Errorf("an object that opts out must get a warning of ACME901, got %+v", failures)
	}
}

func TestWhatIsNotReachedInTimeIsNotLetThrough(t *testing.T) {
	engine := newEngine(t, policies.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	document := readDocument(t, "testdata/daemonset.yaml")
	decision := engine.Evaluate(ctx, document)
	var judging []string
	for _, rule := range engine.Rules() {
		if rule.Package != "" && slices.Contains(rule.Kinds, v1alpha1.KindDaemonSet) {
			judging = append(judging, rule.ID)
		}
	}
	if got := idsOf(decision); !slices.Equal(got, judging) || len(decision.Errors()) != len(judging) {
		t.Errorf("want one error of each of %v, got %v", judging, got)
	}
}

func TestABundleThatIsWrongIsRefusedWithItsPlace(t *testing.T) {
	metadata := func(replace ...string) string {
		return strings.NewReplacer(replace...).Replace(`# METADATA
# title: T
# custom:
#   id: ACME901
#   severity: warning
#   kinds: [Service]
#   message: "{object} is wrong."
#   remedy: Right it.
package acme.rule

violation contains {"field": "x"}
`)
	}
	tests := map[string]struct{ path, source, says string }{
		"what does not parse":                {"acme/rule.rego", "package acme.rule\n\nviolation contains {\n", "acme/rule.rego:4"},
		"what does not compile":              {"acme/rule.rego", metadata(`"x"}`, `nothing}`), "acme/rule.rego:11"},
		"what reads a field there is not":    {"acme/rule.rego", metadata(`"x"}`, `input.object.spec.nothing}`), "acme/rule.rego:11"},
		"an unused variable (strict)":        {"acme/rule.rego", metadata(`"x"}`, `"x"} if y := 1`), "acme/rule.rego:11"},
		"an id of ours":                      {"acme/rule.rego", metadata("ACME901", "ISH901"), "custom.id ISH901"},
		"an id that is no id":                {"acme/rule.rego", metadata("ACME901", "no-latest"), "custom.id no-latest"},
		"a package of ours":                  {"acme/rule.rego", metadata("acme.rule", "inshore.lib.intent"), "acme/rule.rego: package inshore.lib.intent is Inshore's own"},
		"a builtin that asks the network":    {"acme/rule.rego", metadata(`"x"}`, `http.send({"method": "GET", "url": "http://localhost"})}`), "undefined function http.send"},
		"a builtin that asks the process":    {"acme/rule.rego", metadata(`"x"}`, `opa.runtime().env}`), "undefined function opa.runtime"},
		"a builtin that asks the clock":      {"acme/rule.rego", metadata(`"x"}`, `time.now_ns()}`), "undefined function time.now_ns"},
		"a builtin that asks chance":         {"acme/rule.rego", metadata(`"x"}`, `rand.intn("x", 9)}`), "undefined function rand.intn"},
		"a path that another file has":       {"lib/pod/pod.rego", metadata(), "lib/pod/pod.rego is in two bundles"},
		"a severity that there is not":       {"acme/rule.rego", metadata("warning", "fatal"), `"fatal"; allowed are "error" and "warning"`},
		"a kind that is not judged":          {"acme/rule.rego", metadata("[Service]", "[Pod]"), `has "Pod"; allowed are`},
		"no kind at all":                     {"acme/rule.rego", metadata("[Service]", "[]"), "must list"},
		"no remedy":                          {"acme/rule.rego", metadata("Right it.", ""), "custom.message and custom.remedy"},
		"an id that is no text":              {"acme/rule.rego", metadata("ACME901", "901"), "custom.id must be a text"},
		"no violation":                       {"acme/rule.rego", metadata("violation", "verdict"), `no partial set "violation"`},
		"a violation without METADATA":       {"acme/rule.rego", "package acme.rule\n\nviolation contains {\"field\": \"x\"}\n", "acme/rule.rego: acme.rule has a violation and no custom.id"},
		"METADATA that is not the package's": {"acme/rule.rego", "package acme.rule\n\n# METADATA\n# custom:\n#   id: ACME901\nviolation contains {\"field\": \"x\"}\n", "write METADATA with a custom.id above the package"},
		"a violation that may be undefined":  {"acme/rule.rego", metadata(`violation contains {"field": "x"}`, `violation := 1`), `no partial set "violation"`},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			bundle := fstest.MapFS{test.path: {Data: []byte(test.source)}}
			_, err := policies.New(policies.Config{Bundles: []fs.FS{bundle}})
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want an error that says %q, got %v", test.says, err)
			}
		})
	}
}

func TestABundleThatCannotBeReadIsRefused(t *testing.T) {
	_, err := policies.New(policies.Config{Bundles: []fs.FS{unreadable{}}})
	if err == nil || !strings.Contains(err.Error(), "listing rules") {
		t.Errorf("want an error that says what was done, got %v", err)
	}
}

func TestTwoBundlesCannotShareAnID(t *testing.T) {
	body := `violation contains {"field": "x"} if false`
	_, err := policies.New(policies.Config{Bundles: []fs.FS{
		policies.Named("one", faulty(body)), policies.Named("two", renamed(faulty(body))),
	}})
	if err == nil || !strings.Contains(err.Error(), "share the id ACME901") {
		t.Errorf("want an error that names the id, got %v", err)
	}
}

// renamed is the bundle of faulty in another package.
func renamed(bundle fs.FS) fs.FS {
	source, _ := fs.ReadFile(bundle, "acme/faulty.rego")
	text := strings.Replace(string(source), "package acme.faulty", "package acme.other", 1)
	return fstest.MapFS{"acme/faulty.rego": {Data: []byte(text)}}
}

func TestANamedBundleIsNamedInErrorsAndRules(t *testing.T) {
	_, err := policies.New(policies.Config{Bundles: []fs.FS{policies.Named("configmap/acme", faulty("violation contains nothing"))}})
	if err == nil || !strings.Contains(err.Error(), "configmap/acme/acme/faulty.rego:13") {
		t.Errorf("want an error with the bundle, the file and the line, got %v", err)
	}
	engine := newEngine(t, policies.Config{Bundles: []fs.FS{policies.Named("configmap/acme", faulty(`violation contains {"field": "x"} if false`))}})
	for _, rule := range engine.Rules() {
		if want := map[bool]string{true: "configmap/acme"}[rule.ID == "ACME901"]; rule.Bundle != want {
			t.Errorf("rule %s is of bundle %q, want %q", rule.ID, rule.Bundle, want)
		}
	}
}

func TestWhatIsHiddenIsNoRule(t *testing.T) {
	rule, _ := fs.ReadFile(faulty(`violation contains {"field": "x"} if false`), "acme/faulty.rego")
	// What the kubelet makes of a ConfigMap.
	mounted := fstest.MapFS{
		"faulty.rego":              {Data: rule},
		"..2026_11_22/faulty.rego": {Data: rule},
		".swp.rego":                {Data: []byte("half a fi")},
	}
	engine := newEngine(t, policies.Config{Bundles: []fs.FS{mounted}})
	if !slices.ContainsFunc(engine.Rules(), func(r policies.Rule) bool { return r.ID == "ACME901" }) {
		t.Error("the rule itself is missing")
	}
}

type unreadable struct{}

func (unreadable) Open(string) (fs.File, error) { return nil, fs.ErrPermission }

// partition divides results into those of one id and the others.
func partition(results []policies.Result, id string) (of, others []policies.Result) {
	for _, result := range results {
		if result.ID == id {
			of = append(of, result)
		} else {
			others = append(others, result)
		}
	}
	return of, others
}
