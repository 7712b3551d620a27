package chart

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestTheChartIsWhatTheManifestsGive(t *testing.T) {
	want, err := Files("..", "inshore")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ours("inshore")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("run go generate ./manifests/chart: what it writes (-) is not what is there (+)\n%s", diff)
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestWhatAnOverlayChangesIsConditional(t *testing.T) {
	tests := map[string]struct{ base, overlay, want string }{
		"a scalar that changes has both values": {"a: Fail", "a: Ignore", "a: {{ if x }}Ignore{{ else }}Fail{{ end }}\n"},
		"an entry that is added":                {"a: 1", "{a: 1, b: {c: 2}}", "a: 1\n{{- if x }}\nb:\n  c: 2\n{{- end }}\n"},
		"items that are added share their condition": {
			"a: [1]", "a: [1, 2, 3]", "a:\n  - 1\n  {{- if x }}\n  - 2\n  - 3\n  {{- end }}\n",
		},
		"an item that changes inside": {
			"a: [{k: m, v: 1}]", "a: [{k: m, v: 2}]", "a:\n  - k: m\n    v: {{ if x }}2{{ else }}1{{ end }}\n",
		},
		"an item that begins with a condition": {
			"a: [{v: 1}]", "a: [{b: 0, v: 1}]", "a:\n  -\n    {{- if x }}\n    b: 0\n    {{- end }}\n    v: 1\n",
		},
		"what does not change has no condition": {"a: [b, {}, []]", "a: [b, {}, []]", "a:\n  - b\n  - {}\n  - []\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			base := decode(t, test.base)
			n := newNode(base)
			if err := n.vary("x", base, decode(t, test.overlay)); err != nil {
				t.Fatal(err)
			}
			if got := n.emit(0); got != test.want {
				t.Errorf("the template is\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestOthersTemplatesAreKept(t *testing.T) {
	n := newNode(decode(t, "{a: 'pod {{ $labels.pod }}', b: \"x\\n{{pod}}\\n\"}"))
	const want = "a: \"pod {{ \"{{\" }} $labels.pod }}\"\nb: |\n  x\n  {{ \"{{\" }}pod}}\n"
	if got := n.emit(0); got != want {
		t.Errorf("the template is\n%s\nwant\n%s", got, want)
	}
}

func TestWhatCannotBeSaidFails(t *testing.T) {
	tests := map[string]struct{ base, overlay, want string }{
		"an entry that is taken away":    {"{a: 1, b: 2}", "{a: 1}", "b is taken away"},
		"an item that is taken away":     {"a: [1, 2]", "a: [1]", "an overlay may add"},
		"a map that becomes a scalar":    {"a: {b: 1}", "a: 1", "an overlay may add"},
		"a scalar deep within, by place": {"a: {b: [{c: {}}]}", "a: {b: [{c: 1}]}", "a: b: [0]: c: "},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			base := decode(t, test.base)
			err := newNode(base).vary("x", base, decode(t, test.overlay))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestTwoOverlaysMayNotAddTheSame(t *testing.T) {
	base := decode(t, "a: 1")
	n := newNode(base)
	if err := n.vary("x", base, decode(t, "{a: 1, b: 2}")); err != nil {
		t.Fatal(err)
	}
	if err := n.vary("y", base, decode(t, "{a: 1, b: 3}")); err == nil {
		t.Error("no error: one would have silently taken the other's place")
	}
}

func TestTwoOverlaysMayAddToTheSameMap(t *testing.T) {
	base := decode(t, "a: 1")
	n := newNode(base)
	for when, overlay := range map[string]string{"x": "{a: 1, m: {b: 2}}", "y": "{a: 1, m: {c: 3}}"} {
		if err := n.vary(when, base, decode(t, overlay)); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Replace(n.emit(0), "or (y) (x)", "or (x) (y)", 1)
	want := "a: 1\n{{- if or (x) (y) }}\nm:\n  {{- if x }}\n  b: 2\n  {{- end }}\n  {{- if y }}\n  c: 3\n  {{- end }}\n{{- end }}\n"
	if got != want {
		t.Errorf("the template is\n%s\nwant\n%s", got, want)
	}
}

// A scalar must be read as what it was, and never as YAML's idea of it.
func TestScalarsAreReadAsTheyWere(t *testing.T) {
	for _, scalar := range []any{
		"on", "true", "null", "1", "0x1f", "1e3", "", "-", "- a", "a: b", "a #b", "#a", "*", "*a", "&a", "!a", "@a", "a:", " a", "a ", "%a", "100k",
		"2026-01-01", "--listen=:9443", "'a'", `"a"`, "a\tb", "{}", "[a]", "a\nb", "a\n\n  b\n", "a \nb", " a\nb", "a\n\n", "\n", "=", "~", "-1", ".5",
		"<a>&b", "12:30:45", "object != null && [1].exists(o, o == 'x')", int64(3), 0.5, true, nil,
	} {
		got := decode(t, (&node{keys: map[string]*node{"k": {scalar: scalar}}}).emit(0)).(map[string]any)["k"]
		if number, is := scalar.(int64); is {
			scalar = float64(number)
		}
		if got != scalar {
			t.Errorf("%#v is read back as %#v", scalar, got)
		}
	}
}
