package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// shape has one field of each type that projections have.
type shape struct {
	Text    string              `json:"text"`
	Texts   map[string]string   `json:"texts"`
	Flag    bool                `json:"flag"`
	Number  int64               `json:"number"`
	Numbers []int32             `json:"numbers"`
	Either  *intstr.IntOrString `json:"either"`
	Here    *struct{}           `json:"here"`
	Any     any                 `json:"any"`
}

const header = "apiVersion: v1\nkind: Thing\n"

func decode(t *testing.T, body string) (shape, *Problem) {
	t.Helper()
	objects, problems := Parse("f.yaml", []byte(header+body))
	if len(objects) != 1 || len(problems) > 0 {
		t.Fatalf("Parse = %d objects, problems %v; want one object", len(objects), problems)
	}
	var got shape
	problem := objects[0].Decode(&got)
	return got, problem
}

func TestDecodeReadsAsKubectlDoes(t *testing.T) {
	percent := intstr.FromString("10%")
	two := intstr.FromInt32(2)
	for name, test := range map[string]struct {
		body string
		want shape
	}{
		"a text":                           {"text: hello", shape{Text: "hello"}},
		"a text in quotes":                 {"text: \"yes\"", shape{Text: "yes"}},
		"a text that JSON must escape":     {`text: "a\"\\\n\u00e9\u0001"`, shape{Text: "a\"\\\n\u00e9\u0001"}},
		"a block of text":                  {"text: |\n  a\n  b\n", shape{Text: "a\nb\n"}},
		"a date is a text":                 {"text: 2026-01-02", shape{Text: "2026-01-02"}},
		"YAML 1.1 yes is true":             {"flag: yes", shape{Flag: true}},
		"YAML 1.1 off is false":            {"flag: off", shape{}},
		"True is true":                     {"flag: True", shape{Flag: true}},
		"a tagged text stays one":          {"text: !!str yes", shape{Text: "yes"}},
		"a text in base64":                 {"text: !!binary aGVsbG8=", shape{Text: "hello"}},
		"a number in hexadecimal":          {"number: 0x10", shape{Number: 16}},
		"a number in octal":                {"number: 010", shape{Number: 8}},
		"null is absent":                   {"text: null\nhere: ~\n", shape{}},
		"an empty object is present":       {"here: {}", shape{Here: &struct{}{}}},
		"an object of unknown fields":      {"here: {exec: {command: [a]}}", shape{Here: &struct{}{}}},
		"a number or a text: number":       {"either: 2", shape{Either: &two}},
		"a number or a text: text":         {"either: 10%", shape{Either: &percent}},
		"a field in other case is another": {"Text: a\nNUMBER: 3", shape{}},
		"a fraction stays one":             {"any: 1.5", shape{Any: 1.5}},
		"a large number stays exact":       {"any: 9007199254740993", shape{Any: int64(9007199254740993)}},
		"aliases are followed":             {"x: &n [1, 2]\nnumbers: *n", shape{Numbers: []int32{1, 2}}},
		"an alias may stand for a key":     {"x: &k text\n*k : a", shape{Text: "a"}},
		"a merge fills in":                 {"x: &m {a: \"1\", b: \"2\"}\ntexts: {<<: *m, b: \"3\"}", shape{Texts: map[string]string{"a": "1", "b": "3"}}},
		"an earlier merge wins":            {"x: &m {a: \"1\"}\ny: &n {a: \"2\", b: \"2\"}\ntexts: {<<: [*m, *n]}", shape{Texts: map[string]string{"a": "1", "b": "2"}}},
		"a quoted << is a key":             {"texts: {\"<<\": a}", shape{Texts: map[string]string{"<<": "a"}}},
		"a number as a key is a text":      {"texts: {1: a}", shape{Texts: map[string]string{"1": "a"}}},
		"comments are not read":            {"text: a # b\n# c\n", shape{Text: "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problem := decode(t, test.body)
			if problem != nil {
				t.Fatalf("Decode: %v", problem)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeRefusesByLine(t *testing.T) {
	for name, test := range map[string]struct {
		body string
		line int
		in   string
	}{
		"a flag for a text":           {"x: 1\ntexts:\n  a: b\n  c: true\nz: 1", 6, "texts[c]"},
		"a number for a text":         {"texts:\n  max: 1\n", 4, `write it in quotes: "1"`},
		"a text for a number":         {"number: many\n", 3, "a whole number"},
		"a mapping for a list":        {"numbers: {a: 1}\n", 3, "must be a list"},
		"a text in a list of numbers": {"numbers:\n- 1\n- x\n- 3\n", 5, "a whole number"},
		"a number beyond 32 bits":     {"numbers: [4294967296]\n", 3, "whole number"},
		"a number beyond 64 bits":     {"x:\n  y: !!int many\n", 4, "64 bits"},
		"base64 that is none":         {"text: !!binary \"?\"\n", 3, "base64"},
		"infinity":                    {"any: .inf\n", 3, "JSON"},
		"a merge of a text":           {"texts:\n  <<: hello\n", 4, "not a mapping"},
		"a value that holds itself":   {"any: &a\n  - *a\n", 3, "larger or deeper"},
		"a merge that holds itself":   {"any: &a\n  <<: *a\n", 3, "without end"},
		"aliases that multiply":       {bomb("[%s]"), 3, "larger or deeper"},
		"merges that multiply":        {bomb("{<<: [%s]}"), 3, "without end"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problem := decode(t, test.body)
			if problem == nil {
				t.Fatal("Decode gave no problem")
			}
			if problem.Line != test.line && !strings.Contains(name, "multiply") {
				t.Errorf("line = %d, want %d (%v)", problem.Line, test.line, problem)
			}
			if !strings.Contains(problem.Message+" "+problem.Remedy, test.in) {
				t.Errorf("problem = %v (%s), want %q in it", problem, problem.Remedy, test.in)
			}
		})
	}
}

// bomb nests aliases ten deep and ten wide.
func bomb(form string) string {
	var b strings.Builder
	b.WriteString("b0: &b0 {a: 1}\n")
	for i := 1; i <= 10; i++ {
		name := func(i int) string { return "b" + strings.Repeat("x", i) }
		previous := "*b0"
		if i > 1 {
			previous = "*" + name(i-1)
		}
		aliases := strings.TrimSuffix(strings.Repeat(previous+", ", 10), ", ")
		b.WriteString(name(i) + ": &" + name(i) + " " + strings.Replace(form, "%s", aliases, 1) + "\n")
	}
	return b.String()
}
