package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"regexp"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// maxProbes bounds how many prefixes of a malformed document are parsed again
// to find the line at fault; people's mistakes are within a few lines of where
// the parser gives up.
const maxProbes = 64

var jsonObject = regexp.MustCompile(`^\s*\{\s*"`)

var yamlLine = regexp.MustCompile(`^line \d+: `)

// syntaxProblem words the parser's error and finds the line. The parser's own
// line is that of the block in which it noticed, off by one for some errors
// and missing for the first line.
func syntaxProblem(file string, c chunk, err error) *Problem {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	problem := &Problem{
		File: file, Line: c.line - 1 + faultLine(c.text),
		Message: "not YAML: " + yamlLine.ReplaceAllString(message, ""),
		Remedy:  "correct the syntax here or just above; what this document holds was not reviewed",
	}
	if looksTemplated(c.text) {
		problem.Remedy = templateRemedy
	}
	return problem
}

const templateRemedy = "this looks like a Helm template: render it first, `helm template CHART | inshore review -`"

// faultLine is the line behind the longest well-formed beginning of text: where
// a reader must look. If no beginning is well-formed it is the line that the
// parser had come to. JSON, where everything is inside one bracket, has no
// well-formed beginning but a parser that knows where it stands.
func faultLine(text []byte) int {
	if jsonObject.Match(text) {
		if syntax := (*json.SyntaxError)(nil); errors.As(json.Unmarshal(text, new(json.RawMessage)), &syntax) {
			return bytes.Count(text[:syntax.Offset-1], []byte{'\n'}) + 1
		}
	}
	reader := &lineReader{rest: text}
	for decoder := yaml.NewDecoder(reader); ; {
		var node yaml.Node
		if decoder.Decode(&node) != nil {
			break
		}
	}
	consumed := reader.lines
	prefix := text[:reader.offset]
	for probes := 0; probes < maxProbes && len(prefix) > 0; probes++ {
		prefix = prefix[:bytes.LastIndexByte(prefix[:len(prefix)-1], '\n')+1]
		if !blank(prefix) && wellFormed(prefix) {
			return bytes.Count(prefix, []byte{'\n'}) + 1
		}
	}
	return max(1, consumed)
}

func wellFormed(text []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var node yaml.Node
		switch err := decoder.Decode(&node); {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			return false
		}
	}
}

// lineReader hands out one line a call, so that how far a parser has come when
// it fails can be read off.
type lineReader struct {
	rest   []byte
	lines  int
	offset int
}

func (r *lineReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	end := lineEnd(r.rest, 0)
	n := copy(p, r.rest[:end])
	r.rest = r.rest[n:]
	r.offset += n
	if n == end {
		r.lines++
	}
	return n, nil
}
