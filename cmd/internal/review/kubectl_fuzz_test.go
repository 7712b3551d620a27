package review

import (
	"bufio"
	"bytes"
	"regexp"
	"testing"

	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// FuzzWhatKubectlRefusesIsNotClean holds that no stream is called clean in which
// kubectl's decoder refuses a document, and that the lines of results are lines of
// the stream.
func FuzzWhatKubectlRefusesIsNotClean(f *testing.F) {
	const object = "apiVersion: v1\nkind: ConfigMap\n"
	for _, seed := range []string{
		object + "---\n" + object + "a: 1\na: 2\n", object + "data: {a: .inf}\n", object + "data: {a: 18446744073709551616}\n",
		object + "data: {? [a] : b}\n", object + "x: &a {b: *a}\n", object + "---\n" + object + "\tx: 1\n", object + "x: !!int a\n",
		object + "x: !!binary a\n", object + "x: \"\\ud800\"\n", object + "? a\n", object + "x: *a\n", object + "<<: 1\n", object + "a: {<<: [1]}\n",
		object + "1: a\n\"1\": b\n", object + "x: 2026-13-45\n", object + "x: |9\n a\n", hostPorts, listOutput, kustomizeOutput,
		"apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    inshore.dev/node-local: required\nspec:\n  clusterIP: None\n---\na: b: c\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		refused := refusedByKubectl(data)
		if len(bytes.TrimSpace(data)) == 0 {
			return // refused as a whole
		}
		report := inText(t, string(data)).Report()
		if refused != nil && report.Summary.Errors == 0 {
			t.Errorf("called clean, and kubectl says: %v", refused)
		}
		lines := bytes.Count(data, []byte{'\n'}) + 1
		for _, result := range report.Results {
			if result.Line < 1 || result.Line > lines && !otherBreaks(data) {
				t.Errorf("%s at line %d of %d", result.ID, result.Line, lines)
			}
		}
	})
}

// notKubectls is YAML that kubectl's own reader cuts in the wrong places, and
// documents that are no objects, of which nobody asks kubectl.
var notKubectls = regexp.MustCompile(`(?m)^(%|\.\.\.|---[^\r\n])|^\xef\xbb\xbf`)

var saysWhatItIs = regexp.MustCompile(`(?s)^apiVersion: v1\nkind: \w+\n`)

// refusedByKubectl is why kubectl's decoder refuses one of the documents, nil if
// it takes them all.
func refusedByKubectl(data []byte) error {
	if notKubectls.Match(data) {
		return nil
	}
	reader := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for {
		document, err := reader.Read()
		if err != nil {
			return nil // the end, or a separator of its own making
		}
		if !saysWhatItIs.Match(document) {
			continue
		}
		if _, err := yaml.YAMLToJSONStrict(document); err != nil {
			return err
		}
	}
}
