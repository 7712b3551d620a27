package decisionlog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// maxLine bounds a line of the log, in bytes: two objects of the size that an
// API server takes, and what is related to them.
const maxLine = 16 << 20

// ErrLine is one line that is no entry. Reading goes on after it.
type ErrLine struct {
	Line int
	Err  error
}

func (e *ErrLine) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *ErrLine) Unwrap() error { return e.Err }

// Read reads a log line by line. A line that is not JSON with our version is
// skipped if it does not claim to be an entry: containers write their other
// log to the same place. Of an entry that cannot be read, or whose input is not
// what its digest says, an [*ErrLine] tells; any other error is the last.
func Read(r io.Reader) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(make([]byte, 0, 64<<10), maxLine)
		for number := 1; lines.Scan(); number++ {
			entry, err := parse(lines.Bytes())
			if err != nil {
				entry, err = nil, &ErrLine{number, err}
			}
			if (entry != nil || err != nil) && !yield(entry, err) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield(nil, fmt.Errorf("reading the decision log: %w", err))
		}
	}
}

// parse reads a line; nil without an error for one that is no entry.
func parse(line []byte) (*Entry, error) {
	if !bytes.Contains(line, []byte(`"digest"`)) || !bytes.Contains(line, []byte(`"input"`)) {
		return nil, nil
	}
	var entry Entry
	if err := json.Unmarshal(line, &entry); err != nil {
		return nil, fmt.Errorf("not an entry: %w", err)
	}
	if entry.Version != Version {
		return nil, fmt.Errorf("an entry of version %q: this reads %q", entry.Version, Version)
	}
	if entry.Digest != digest(entry.Input) {
		return nil, errors.New("the input is not what its digest says: the line was changed or cut")
	}
	return &entry, nil
}

// Document is the entry's input as rules see it.
func (e *Entry) Document() (*input.Document, error) {
	// The kinds of the objects are told by the entry, since an interface
	// cannot be decoded.
	var raw struct {
		input.Document
		Object    json.RawMessage `json:"object"`
		OldObject json.RawMessage `json:"oldObject"`
	}
	if err := json.Unmarshal(e.Input, &raw); err != nil {
		return nil, fmt.Errorf("decoding the input of review %s: %w", e.UID, err)
	}
	document := raw.Document
	var err error
	if document.Object, err = decode(e.Kind, raw.Object); err != nil {
		return nil, fmt.Errorf("decoding the object of review %s: %w", e.UID, err)
	}
	if document.Object == nil {
		return nil, fmt.Errorf("decoding the input of review %s: it has no object", e.UID)
	}
	if document.OldObject, err = decode(e.Kind, raw.OldObject); err != nil {
		return nil, fmt.Errorf("decoding the old object of review %s: %w", e.UID, err)
	}
	return &document, nil
}

func decode(kind v1alpha1.Kind, text json.RawMessage) (input.Object, error) {
	if len(text) == 0 || string(text) == "null" {
		return nil, nil
	}
	switch kind {
	case v1alpha1.KindService:
		object := new(input.Service)
		return object, json.Unmarshal(text, object)
	case v1alpha1.KindDaemonSet:
		object := new(input.DaemonSet)
		return object, json.Unmarshal(text, object)
	}
	return nil, fmt.Errorf("kind %q is neither Service nor DaemonSet", kind)
}
