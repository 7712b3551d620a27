package corpus_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/corpus"
)

func TestEveryCaseReadsAsItIsWritten(t *testing.T) {
	cases, err := corpus.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("the corpus is empty")
	}
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join("cases", c.Name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(text), string(c.Format())); diff != "" {
			t.Errorf("%s: as it is (-) and as it should be written (+):\n%s", c.Name, diff)
		}
	}
}

func TestWhatACaseCannotMeanIsAnError(t *testing.T) {
	for sentence, text := range map[string]string{
		"a door that there is not":       "x\n\nnot anywhere: why\n",
		"a file that cases do not have":  "x\n-- output.yaml --\n",
		"a version that is none":         "x\n\nkubernetes: new\n",
		"a mutation without a value":     "x\n-- mutations --\nService a/b /spec/type\n",
		"a verdict without an object":    "x\n-- verdicts --\nerror ISH101\n  text\n",
		"a message before every verdict": "x\n-- verdicts --\n  text\n",
	} {
		t.Run(sentence, func(t *testing.T) {
			if c, err := corpus.Parse("case", []byte(text)); err == nil {
				t.Errorf("it is read as %+v", c)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	for sentence, test := range map[string]struct {
		before, after string
		want          []string
	}{
		"nothing":                      {`{"a": 1}`, `{"a": 1}`, nil},
		"another value":                {`{"a": 1}`, `{"a": "1"}`, []string{`/a "1"`}},
		"a new leaf, deep down":        {`{"a": {}}`, `{"a": {"b/c": {"d~": 1}}}`, []string{"/a ", "/a/b~1c/d~0 1"}},
		"a leaf that goes":             {`{"a": 1, "b": 2}`, `{"b": 2}`, []string{"/a "}},
		"an element of a list":         {`{"a": [1, 2]}`, `{"a": [1, 3, 4]}`, []string{"/a/1 3", "/a/2 4"}},
		"a list that becomes empty":    {`{"a": [1]}`, `{"a": []}`, []string{"/a []", "/a/0 "}},
		"a value that becomes nothing": {`{"a": 1}`, `{"a": null}`, []string{"/a null"}},
	} {
		t.Run(sentence, func(t *testing.T) {
			var got []string
			for _, m := range corpus.Changes("Service a/b", decode(t, test.before), decode(t, test.after)) {
				got = append(got, m.Pointer+" "+string(m.Value))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func decode(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}
