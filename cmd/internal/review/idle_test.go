package review

import (
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/policies"
)

func TestAnnotationsThatDoNothingAreTold(t *testing.T) {
	for name, test := range map[string]struct {
		manifest string
		line     int // 0 for nothing to tell
	}{
		"on a Deployment":                  {"apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: a\n  annotations:\n    inshore.dev/node-local: required\n", 6},
		"on a kind in the wrong case":      {"apiVersion: v1\nkind: service\nmetadata: {name: a, annotations: {inshore.dev/node-local: required}}\n", 3},
		"on a DaemonSet of the past":       {"apiVersion: extensions/v1beta1\nkind: DaemonSet\nmetadata: {name: a, annotations: {inshore.dev/drain: 5s}}\n", 3},
		"on an Ingress, behind an alias":   {"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a, labels: &l {inshore.dev/a: b}, annotations: *l}\n", 3},
		"of somebody else on a Deployment": {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, annotations: {example.com/a: b}}\n", 0},
		"that a controller copied":         {"apiVersion: v1\nkind: Endpoints\nmetadata: {name: a, annotations: {inshore.dev/node-local: required}}\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			results := inText(t, test.manifest).Report().Results
			if test.line == 0 {
				if len(results) > 0 {
					t.Errorf("got %+v", results)
				}
				return
			}
			if len(results) != 1 || results[0].ID != policies.IDAnnotation || results[0].Severity != policies.SeverityWarning || results[0].Line != test.line {
				t.Errorf("got %+v, want a warning at line %d", results, test.line)
			}
		})
	}
}

func TestOfALongLineThePartIsShownThatAFieldIsAbout(t *testing.T) {
	filler := strings.Repeat(`"a": "b", `, 1000)
	line := "{" + filler + `"hostPort": 80, ` + filler + "}"
	shown := Style{}.excerpt(line, "spec.hostPort")
	if len([]rune(shown)) != maxShown+2 || !strings.Contains(shown, `"hostPort": 80`) ||
		!strings.HasPrefix(shown, "…") || !strings.HasSuffix(shown, "…") {
		t.Errorf("got %q", shown)
	}
	if got := (Style{}).excerpt(line, ""); !strings.HasPrefix(got, "{") || len([]rune(got)) != maxShown+1 {
		t.Errorf("without a field got %q", got)
	}
	if got := (Style{}).excerpt("hostPort: 80", "spec.hostPort"); got != "hostPort: 80" {
		t.Errorf("a short line became %q", got)
	}
}
