package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml "go.yaml.in/yaml/v3"
)

// library is the text as the YAML library reads it, without comments; nil if it
// is not exactly one document.
func library(text []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	if decoder.Decode(&document) != nil || decoder.Decode(&more) == nil {
		return nil
	}
	withoutComments(&document)
	return &document
}

func withoutComments(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, content := range node.Content {
		withoutComments(content)
	}
}

// TestPlainTakes says what plain must not leave to the library: that is what
// makes a review fast.
func TestPlainTakes(t *testing.T) {
	for name, text := range map[string]string{
		"nested mappings":                   "a:\n  b:\n    c: d\n  e: f\ng: h\n",
		"a list that is indented":           "a:\n  - b\n  - c: d\n    e: f\n",
		"a list that is not":                "a:\n- b\n- c: d\n  e:\n  - f\ng: h\n",
		"lists in lists":                    "- - a\n  - b\n- c\n",
		"nothing for a value":               "a:\nb:\n- \n-\n- c\nd:\n",
		"comments":                          "# a\na: b # c\n  # d\n# e\nf: # g\n  h: i\n",
		"blank lines":                       "\n\na:\n\n  b: c\n   \n\nd: e\n\n",
		"a marker":                          "# a\n---\na: b\n",
		"quotes":                            "a: \"b # c\" # d\n'e': 'f: g'\n\"h\": \"\"\n",
		"escapes in quotes":                 `a: "b \"c\"\\\n\td"` + "\n",
		"words with punctuation":            "a: b:c=d,e[f]{g}#h & *i !j\n",
		"arguments":                         "a:\n- --b=c\n- -d\n- -1\n",
		"numbers, booleans, null, dates":    "a: 1\nb: 0x1F\nc: 010\nd: 1.5\ne: true\nf: no\ng: ~\nh: null\ni: 2026-01-02\nj: 1e3\nk: .5\nl: 0b11\nm: +1\nn: .inf\n",
		"annotations":                       "a:\n  inshore.dev/node-local: required\n  \"x.y/z\": \"true\"\n",
		"empty collections":                 "a: {}\nb: []\nc: [ ]\nd: { }\n",
		"flow collections":                  "a: [b, \"c\", 'd', 1, --e=f, [g, {h: i}]]\nj: {k: l, \"m\": {n: [o]}, p: 10%}\n",
		"a block of text":                   "a: |\n  b\n    c\n\n  # d\n  e: f\n# g\nh: i\n",
		"a block without its last break":    "a:\n- b: |-\n    c\n\n    d\n\n\n  e: f\n- |\n  g\n",
		"a mapping on the line of two dash": "- - a: b\n    c: d\n",
		"numbers for keys":                  "1: a\ntrue: b\n\"2\": c\n",
	} {
		t.Run(name, func(t *testing.T) {
			got := new(plainReader).parse([]byte(text))
			if got == nil {
				t.Fatal("left to the library")
			}
			if diff := cmp.Diff(library([]byte(text)), got); diff != "" {
				t.Errorf("not as the library reads it (-library +plain):\n%s", diff)
			}
		})
	}
}

// TestPlainTakesTheExamples holds that what people write here is plain.
func TestPlainTakesTheExamples(t *testing.T) {
	files, err := filepath.Glob("../../../examples/*/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples (%v)", err)
	}
	for _, file := range files {
		if filepath.Base(file) == "malformed.yaml" {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var reader plainReader
		for chunk := range chunks(data) {
			if reader.parse(chunk.text) == nil {
				t.Errorf("%s:%d: left to the library", file, chunk.line)
			}
		}
	}
}

// FuzzPlainIsYAML holds that plain reads nothing otherwise than the library, and
// nothing that the library refuses.
func FuzzPlainIsYAML(f *testing.F) {
	for _, seed := range []string{
		"a:\n  b: c\n", "a:\n- b: |\n    c\n\n  d: [e, {f: \"g\"}]\n", "---\n- - a: 'b'\n-\n", "a: b\n c\n", "a:\n  - b\n c: d\n",
		"a: \"b\" c\n", "a: |\n\n  b\n", "? a\n: b\n", "a: b: c\n", "--- a\n", "a:\n - |-\n  b\n - c\n", "a: [b\n c]\n", "a: {b: c, d}\n", daemonSet,
		"a: \"b\"\"c\"\n", "a: 'b''c'\n", "a: -\n", "- -\n- - -\n", "a: ]\n", "a:b\n", "a: b#c #d\n", "a : b\n", "a:  # b\n  - c\n",
		"a: |\n  b\n   \n", "a: |\n   b\n  c\n", " a: b\n c: d\n", "a: |\nb: c\n", "...: a\n", "---: a\n", "a: {b: }\n", "a: [,]\n", "a: {b:c}\n",
		"a: \"\\\\\"\n", "a: \"b\\\"\n", "\"a\\n\": b\n", "a: [\"\\x41\"]\n",
	} {
		f.Add([]byte(seed))
	}
	// One reader for all, so that what it recycles is fuzzed too.
	var reader plainReader
	f.Fuzz(func(t *testing.T, text []byte) {
		reader.recycle()
		for chunk := range chunks(text) {
			got := reader.parse(chunk.text)
			if got == nil {
				continue
			}
			want := library(chunk.text)
			if want == nil {
				t.Fatalf("%q is taken, and is no document to the library", chunk.text)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%q is not as the library reads it (-library +plain):\n%s", chunk.text, diff)
			}
		}
	})
}
