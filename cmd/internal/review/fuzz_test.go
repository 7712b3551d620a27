package review

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	yaml "go.yaml.in/yaml/v3"
)

// FuzzReview holds that no bytes make a review panic, and that none which a YAML
// parser refuses are called clean.
func FuzzReview(f *testing.F) {
	for _, seed := range []string{
		"",
		"a: b: c\n",
		"0\n...\n00",
		hostile, helmOutput, kustomizeOutput, listOutput, jsonOutput, hostPorts,
		"---\n...\n%YAML 1.1\n---\na: *b\n",
		"{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"kind\":\"Service\",\"apiVersion\":\"v1\"}]}",
		"apiVersion: v1\nkind: Service\nmetadata: {annotations: {inshore.dev/node-local: required}}\nspec: {selector: {a: b}}\n",
		"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: &m {annotations: {inshore.dev/drain: 1s, inshore.dev/node-local: preferred}}\nspec: {template: {<<: *m, spec: {containers: [{name: x}]}}}\n",
		"&l\napiVersion: v1\nkind: List\nitems: [*l]\n",
		"\xff\xfea\x00",
		"a: {{ .x }}\r\nb: \x01",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(bytes.TrimSpace(data)) == 0 {
			return // refused as a whole
		}
		outcome := inText(t, string(data))
		report := outcome.Report()
		if report.Summary.Errors == 0 && !decodes(data) {
			t.Errorf("called clean, though it does not decode")
		}
		lines := bytes.Count(data, []byte{'\n'}) + 1
		for _, result := range report.Results {
			// YAML breaks lines at more than \n, so that only the lower bound is
			// certain where others occur.
			if result.Line < 1 || result.Line > lines && !otherBreaks(data) {
				t.Errorf("%s at line %d of %d", result.ID, result.Line, lines)
			}
		}
		var text, written bytes.Buffer
		if err := report.WriteText(&text, outcome.Source(), Style{}); err != nil {
			t.Error(err)
		}
		if err := report.WriteJSON(&written); err != nil || !json.Valid(written.Bytes()) {
			t.Errorf("WriteJSON: %v, %s", err, written.Bytes())
		}
		everyFormat(t, outcome)
		if err := outcome.Explain().WriteText(&text, Style{}); err != nil {
			t.Error(err)
		}
	})
}

// everyFormat holds that no manifest breaks the form of a report.
func everyFormat(t *testing.T, outcome *Outcome) {
	t.Helper()
	report, written := outcome.Report(), map[Format]*bytes.Buffer{}
	for _, format := range Formats {
		written[format] = new(bytes.Buffer)
		if err := report.Write(written[format], format, presentation(t, outcome)); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	if !json.Valid(written[FormatSARIF].Bytes()) {
		t.Errorf("SARIF is not JSON: %s", written[FormatSARIF])
	}
	if err := xml.Unmarshal(written[FormatJUnit].Bytes(), new(junitSuites)); err != nil {
		t.Errorf("JUnit is not XML: %v in %s", err, written[FormatJUnit])
	}
	if size := written[FormatMarkdown].Len(); size > maxMarkdown {
		t.Errorf("%d bytes of markdown", size)
	}
	if commands := bytes.Count(append([]byte{'\n'}, written[FormatGitHub].Bytes()...), []byte("\n::")); commands != len(report.Results) {
		t.Errorf("%d workflow commands of %d results: %s", commands, len(report.Results), written[FormatGitHub])
	}
}

// decodes reports whether the YAML library takes the whole stream.
func decodes(data []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var document yaml.Node
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			return false
		}
	}
}

func otherBreaks(data []byte) bool {
	for _, br := range []string{"\r", "\u0085", "\u2028", "\u2029"} {
		if bytes.Contains(data, []byte(br)) {
			return true
		}
	}
	return false
}
