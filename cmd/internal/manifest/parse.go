package manifest

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"
)

// Object is a Kubernetes object in a file.
type Object struct {
	File string
	// Line is where the object starts, counted from 1.
	Line       int
	APIVersion string
	Kind       string

	node *yaml.Node
	base int // added to the node's lines, which count from the document's start

	document   *yaml.Node // the root of the document that the object stands in
	start, end int        // of the document's text in the file

	reader *Reader // whose memory the object is in
}

// Parse reads every document of a file. Documents that are not Kubernetes
// objects (values files, kustomizations, empty ones) give nothing; a document
// that cannot be read gives a Problem, and the ones after it are still read.
// Lists are taken apart into their items.
func Parse(file string, data []byte) ([]Object, []Problem) {
	return new(Reader).Parse(file, data)
}

// Reader reads file after file in the same memory. The zero value is ready; it
// is not safe for concurrent use.
type Reader struct {
	plain     plainReader
	encoder   encoder
	positions []position
}

// Parse is the package's [Parse]. It takes back what the objects of the call
// before hold.
func (r *Reader) Parse(file string, data []byte) ([]Object, []Problem) {
	r.plain.recycle()
	if cap(r.encoder.json) > maxKept {
		r.encoder, r.positions = encoder{}, nil
	}
	data, mark := bytes.CutPrefix(data, []byte(byteOrderMark))
	if utf16(data) {
		return nil, []Problem{{
			File: file, Line: 1,
			Message: "the file is UTF-16, which Kubernetes does not read",
			Remedy:  "save it as UTF-8 (in PowerShell: Out-File -Encoding utf8)",
		}}
	}
	var objects []Object
	var problems []Problem
	for chunk := range chunks(data) {
		if mark {
			chunk.start += len(byteOrderMark)
		}
		found, err := r.parseChunk(file, chunk)
		objects = append(objects, found...)
		if err != nil {
			problems = append(problems, *err)
		}
	}
	return objects, problems
}

// byteOrderMark is what some editors put in front of UTF-8.
const byteOrderMark = "\ufeff"

// utf16 recognises the byte order marks that Windows tools write.
func utf16(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff})
}

// maxKept bounds, in bytes, what a reader keeps of the memory for one file.
const maxKept = 1 << 20

func (r *Reader) parseChunk(file string, c chunk) ([]Object, *Problem) {
	if document := r.plain.parse(c.text); document != nil {
		return r.objectsIn(file, c, document)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(c.text))
	var objects []Object
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return objects, syntaxProblem(file, c, err)
		}
		found, problem := r.objectsIn(file, c, &document)
		if objects = append(objects, found...); problem != nil {
			return objects, problem
		}
	}
}

// objectsIn are the objects of one document.
func (r *Reader) objectsIn(file string, c chunk, document *yaml.Node) ([]Object, *Problem) {
	if fault := checkNode(document); fault != nil {
		return nil, faultProblem(file, c, fault)
	}
	list := collector{file: file, base: c.line - 1}
	fault := list.add(document.Content[0], "", "", 0)
	list.place(document.Content[0], c, r)
	if fault != nil {
		return list.objects, faultProblem(file, c, fault)
	}
	return list.objects, nil
}

// scalar is the text of a mapping's scalar, "" if there is none.
func scalar(node *yaml.Node, key string) string {
	value := resolveAlias(child(node, key))
	if value == nil || value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
		return ""
	}
	return value.Value
}

// child is the value of a mapping's key, nil if there is none.
func child(node *yaml.Node, key string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == key {
			return node.Content[i+1]
		}
	}
	return nil
}

func resolveAlias(node *yaml.Node) *yaml.Node {
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

// looksTemplated reports whether text has the marks of a Go template, which is
// by far the commonest reason why a manifest in a repository is not YAML.
func looksTemplated(text []byte) bool {
	return utf8.Valid(text) && bytes.Contains(text, []byte("{{"))
}
