package policies_test

import (
	"cmp"
	"context"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/policies"
)

func TestASmokeRunFindsRulesThatFail(t *testing.T) {
	tests := map[string]struct {
		body, says string
		timeout    time.Duration // 0 is 300 ms
	}{
		"a rule that loops is found": {
			`violation contains {"field": "x", "values": {"how": n}} if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	n := a * b
	n < 0
}`,
			context.DeadlineExceeded.Error(), 0,
		},
		"a rule that collects without end is found": {
			`_long := concat("", [x |
	some _ in numbers.range(1, 100000)
	x := "a text of forty characters, or nearly so"
])

violation contains {"field": "x", "values": {"how": "very"}} if {
	copies := [y |
		some i in numbers.range(1, 100000)
		y := concat("", [_long, sprintf("%d", [i])])
	]
	count(copies) < 0
}`,
			"it takes more than 64 MiB of memory", time.Minute,
		},
		"a rule that errs is found":             {`violation contains {"field": "x", "values": {"how": y}} if y := to_number(input.object.metadata.name)`, "to_number", 0},
		"a rule that answers nonsense is found": {`violation contains "wrong"`, `no text in "field"`, 0},
		"a rule that forgets a value is found":  {`violation contains {"field": "x"}`, "no value {how}", 0},
		"a rule that finds something is fine":   {`violation contains {"field": "x", "values": {"how": "very"}}`, "", 0},
		"a rule that finds nothing is fine":     {`violation contains {"field": "x", "values": {"how": "very"}} if false`, "", 0},
		"a rule that fails on a bare object is found": {`violation contains {"field": "x", "values": {"how": y}} if {
	not input.object.spec.template.spec.containers
	y := to_number("bare")
}`, "to_number", 0},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			engine := newEngine(t, policies.Config{Bundles: []fs.FS{faulty(test.body)}, RuleTimeout: cmp.Or(test.timeout, 300*time.Millisecond)})
			err := engine.Smoke(t.Context())
			if test.says == "" {
				if err != nil {
					t.Errorf("got %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "rule ACME901 (acme.faulty)") {
				t.Errorf("want an error of ACME901 that says %q, got %v", test.says, err)
			}
		})
	}
}

func TestTheBuiltInRulesPassASmokeRun(t *testing.T) {
	if err := newEngine(t, policies.Config{}).Smoke(t.Context()); err != nil {
		t.Error(err)
	}
}
