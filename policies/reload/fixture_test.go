package reload_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/reload"
)

// The bodies of rules.
const (
	good     = `violation contains {"field": "spec"} if input.object.metadata.name == "wrong"`
	stricter = `violation contains {"field": "spec"} if input.object.metadata.name != "right"`
	loops    = `violation contains {"field": "spec"} if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a * b < 0
}`
	errs     = `violation contains {"field": "spec"} if to_number(input.object.metadata.name) > 1`
	nonsense = `violation contains "wrong"`
	broken   = `violation contains nothing`
)

// rule is a file with one rule.
func rule(id, body string) string {
	return fmt.Sprintf(`# METADATA
# title: A rule
# custom:
#   id: %s
#   severity: warning
#   kinds: [Service, DaemonSet]
#   message: "{object} is wrong."
#   remedy: Right it.
package acme.%s

%s
`, id, strings.ToLower(id), body)
}

// put is a change of a source to some rules, by id.
func put(t *testing.T, source string, rules map[string]string, retired ...string) reload.Change {
	t.Helper()
	files := map[string]string{}
	for id, body := range rules {
		files[id+".rego"] = rule(id, body)
	}
	if len(retired) > 0 {
		files[".manifest"] = fmt.Sprintf(`{"metadata": {"inshore": {"retired": ["%s"]}}}`, strings.Join(retired, `", "`))
	}
	content, err := bundle.New(files)
	if err != nil {
		t.Fatal(err)
	}
	return reload.Change{Source: source, Bundle: content}
}

// world is a holder, and all that it said.
type world struct {
	*reload.Holder
	clock *testingclock.FakeClock
	said  []reload.Outcome
}

func newWorld(t *testing.T, initial ...reload.Change) *world {
	t.Helper()
	w := &world{clock: testingclock.NewFakeClock(time.Unix(1_000_000, 0))}
	holder, err := reload.New(t.Context(), w.config(), initial...)
	if err != nil {
		t.Fatal(err)
	}
	w.Holder = holder
	return w
}

func (w *world) config() reload.Config {
	return reload.Config{
		RuleTimeout: 300 * time.Millisecond, Clock: w.clock,
		Report: func(outcome reload.Outcome) { w.said = append(w.said, outcome) },
	}
}

// custom are the ids of the rules in force that are not ours.
func (w *world) custom() []string {
	ids := []string{}
	for _, rule := range w.Engine().Rules() {
		if !strings.HasPrefix(rule.ID, "ISH") {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}

// last is the last outcome of a source.
func (w *world) last(source string) reload.Outcome {
	for _, outcome := range slices.Backward(w.said) {
		if outcome.Source == source {
			return outcome
		}
	}
	return reload.Outcome{}
}
