package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
	broken  = "a: b: c\n"
)

// found is what Parse returns, in one line an entry.
func found(data string) []string {
	objects, problems := Parse("f.yaml", []byte(data))
	var lines []string
	for _, o := range objects {
		lines = append(lines, fmt.Sprintf("%d: %s %s", o.Line, o.APIVersion, o.Kind))
	}
	for _, p := range problems {
		lines = append(lines, "problem at "+fmt.Sprint(p.Line))
	}
	return lines
}

func TestParseFindsObjects(t *testing.T) {
	for name, test := range map[string]struct {
		data string
		want []string
	}{
		"an empty file holds nothing":                          {"", nil},
		"comments alone hold nothing":                          {"# a\n---\n# b\n", nil},
		"empty documents are passed over":                      {"---\n---\n" + service + "---\n", []string{"3: v1 Service"}},
		"each document is one object":                          {service + "---\n" + service, []string{"1: v1 Service", "5: v1 Service"}},
		"an object may begin behind a comment":                 {"# who\n\n" + service, []string{"3: v1 Service"}},
		"a marker may carry a comment":                         {"--- # first\n" + service, []string{"2: v1 Service"}},
		"an object may stand on the marker's line":             {"--- {apiVersion: v1, kind: Service}\n", []string{"1: v1 Service"}},
		"three dots end a document":                            {service + "...\n---\n" + service, []string{"1: v1 Service", "6: v1 Service"}},
		"a document behind three dots needs its marker":        {service + "...\n" + service, []string{"1: v1 Service", "problem at 5"}},
		"a directive belongs to the document after it":         {"%YAML 1.1\n---\n" + service, []string{"3: v1 Service"}},
		"a directive may follow an ended document":             {service + "...\n%YAML 1.1\n---\n" + service, []string{"1: v1 Service", "7: v1 Service"}},
		"three dashes inside a text are no marker":             {service + "data: |\n  ---\n  x\n", []string{"1: v1 Service"}},
		"more than three dashes are a text":                    {"----\n", nil},
		"CRLF line ends count lines alike":                     {strings.ReplaceAll(service+"---\n"+service, "\n", "\r\n"), []string{"1: v1 Service", "5: v1 Service"}},
		"a byte order mark is passed over":                     {"\ufeff---\n" + service, []string{"2: v1 Service"}},
		"JSON is read":                                         {"{\n\t\"apiVersion\": \"v1\",\n\t\"kind\": \"Service\"\n}\n", []string{"1: v1 Service"}},
		"a List gives its items":                               {"apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n- apiVersion: apps/v1\n  kind: DaemonSet\n", []string{"4: v1 Service", "6: apps/v1 DaemonSet"}},
		"a typed List says what its items are":                 {"apiVersion: v1\nkind: ServiceList\nitems:\n- apiVersion: v1\n  metadata: {}\n", []string{"4: v1 Service"}},
		"a typed List says which version its items are":        {"apiVersion: apps/v1\nkind: DaemonSetList\nitems:\n- metadata: {}\n", []string{"4: apps/v1 DaemonSet"}},
		"an item of a List must say what it is":                {"apiVersion: v1\nkind: List\nitems:\n- kind: Service\n", nil},
		"a list inside a list is read":                         {"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service}]}]}", []string{"1: v1 Service"}},
		"a kind that ends in List and lists nothing is itself": {"apiVersion: x/v1\nkind: AllowList\n", []string{"1: x/v1 AllowList"}},
		"values are not objects":                               {"image: x\nreplicas: 3\n", nil},
		"a list is not an object":                              {"- a\n- b\n", nil},
		"a text is not an object":                              {"hello\n", nil},
		"null is not an object":                                {"null\n", nil},
		"a kind without a version is not an object":            {"kind: Service\n", nil},
		"a kustomization is not for an API server":             {"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", nil},
		"an anchor may stand for the kind":                     {"apiVersion: v1\nx: &k Service\nkind: *k\n", []string{"1: v1 Service"}},
		"no document hides behind a malformed one":             {broken + "---\n" + service + "---\n" + broken, []string{"3: v1 Service", "problem at 1", "problem at 7"}},
		"a list that holds itself is refused":                  {"&l\napiVersion: v1\nkind: List\nitems: [*l]\n", []string{"problem at 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, found(test.data)); diff != "" {
				t.Errorf("Parse (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseNamesTheLineAtFault(t *testing.T) {
	for name, test := range map[string]struct {
		data string
		line int
		in   string // in the message or the remedy
	}{
		"a value behind a value":             {"a: 1\nb: c: d\ne: 1\n", 2, "mapping values"},
		"on the first line":                  {"b: c: d\n", 1, "mapping values"},
		"a tab for indentation":              {"a:\n\tb: 1\n", 2, "token"},
		"a line indented too little":         {"a:\n    b: 1\n  c: 2\nd: 1\n", 3, "did not find"},
		"a list item among keys":             {"a: 1\nb: 2\n- c\n", 3, "did not find"},
		"a quote that is never closed":       {"a: 1\nb: \"x\nc: 1\nd: 2\n", 2, "end of stream"},
		"a bracket that is never closed":     {"a: 1\nb: [1, 2\nc: 1\n", 2, "did not find"},
		"JSON without a comma":               {"{\n \"a\": 1\n \"b\": 2\n}\n", 3, "did not find"},
		"an alias without an anchor":         {"a: 1\nb: *x\n", 2, "unknown anchor"},
		"in the second document":             {"a: 1\n---\nb: 1\nc: d: e\n", 4, "mapping values"},
		"a control character":                {"a: 1\nb: \x01\n", 2, "control characters"},
		"bytes that are not UTF-8":           {"a: 1\nb: \xff\n", 2, "UTF-8"},
		"UTF-16 as Windows writes it":        {"\xff\xfea\x00", 1, "save it as UTF-8"},
		"a key that appears twice":           {"a: 1\nb: 2\na: 3\n", 3, `"a" appears twice`},
		"a key that appears twice far below": {"a:\n  - b:\n      c: 1\n      c: 2\n", 4, `"c" appears twice`},
		"a key that is null":                 {"a: 1\n~: 2\n", 2, "nothing stands"},
		"a key twice among many":             {manyKeys(40) + "k7: again\n", 41, `"k7" appears twice`},
		"a template in place of a value":     {"a: 1\nname: {{ .Values.name }}\n", 2, "helm template"},
		"a template around lines":            {"a: 1\n{{- if .x }}\nb: 1\n{{- end }}\n", 2, "helm template"},
		"a list that holds itself":           {"a: 1\n---\n&l\napiVersion: v1\nkind: List\nitems: [*l]\n", 3, "holds itself"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := Parse("f.yaml", []byte(test.data))
			if len(problems) != 1 {
				t.Fatalf("problems = %v, want one", problems)
			}
			got := problems[0]
			if got.Line != test.line || !strings.Contains(got.Message+" "+got.Remedy, test.in) {
				t.Errorf("problem = %v (%s), want line %d and %q", &got, got.Remedy, test.line, test.in)
			}
		})
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	return b.String()
}
