package review

import (
	"encoding/json"
	"io"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// Explanation says of each Service and DaemonSet what admission would do with
// it and why. Its JSON is a contract with the programs that read it.
type Explanation struct {
	Version string            `json:"version"`
	Objects []ObjectExplained `json:"objects"`
	// Unread are the documents that could not be read.
	Unread []Result `json:"unread"`

	others int // objects of other kinds
}

// ObjectExplained is one object.
type ObjectExplained struct {
	Ref
	// OptedIn is false for an object that does not ask for anything, or asks to
	// be left alone; one that follows a policy asks in the policy's words.
	OptedIn bool `json:"optedIn"`
	// Policy is the NodeLocalPolicy that the object follows, whose words are
	// among the annotations; empty if none.
	Policy string `json:"policy,omitempty"`
	// Annotations are what is understood, in the words of the API.
	Annotations map[string]string `json:"annotations"`
	Changes     []ChangeExplained `json:"changes"`
	Patch       json.RawMessage   `json:"patch"`
	Warnings    []string          `json:"warnings"`
	// Refused says why mutation leaves an object alone that opted in.
	Refused string             `json:"refused,omitempty"`
	Results []FindingExplained `json:"results"`
	// Excepted are findings that a NodeLocalPolicy lets pass.
	Excepted []ExceptedExplained `json:"excepted,omitempty"`

	asked bool
}

// ChangeExplained is one field that admission writes. From or To is null where
// the field is absent.
type ChangeExplained struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
	Why   string          `json:"why"`
}

// FindingExplained is a rule's result and the line of the file.
type FindingExplained struct {
	policies.Result
	Line int `json:"line"`
}

// ExceptedExplained is a finding that does not count and the line of the file.
type ExceptedExplained struct {
	policies.Excepted
	Line int `json:"line"`
}

// Explain puts the outcome in the words of a person who asks about a few
// objects.
func (o *Outcome) Explain() *Explanation {
	e := &Explanation{
		Version: ReportVersion,
		Objects: []ObjectExplained{}, Unread: []Result{},
		others: o.Objects - len(o.Verdicts),
	}
	for _, problem := range o.Problems {
		e.Unread = append(e.Unread, malformed(problem))
	}
	for _, verdict := range o.Verdicts {
		e.Objects = append(e.Objects, explainOne(verdict))
	}
	return e
}

func explainOne(verdict Verdict) ObjectExplained {
	explained := ObjectExplained{
		Ref:         verdict.Ref,
		OptedIn:     verdict.Intent.OptedIn(),
		Policy:      verdict.Policy,
		Annotations: verdict.Intent.Annotations(),
		Changes:     []ChangeExplained{},
		Patch:       verdict.Patch.AppendJSON(nil),
		Warnings:    append([]string{}, verdict.Warnings...),
		Refused:     verdict.Refused,
		Results:     []FindingExplained{},
		asked:       verdict.Asked,
	}
	for _, change := range verdict.Changes {
		explained.Changes = append(explained.Changes, ChangeExplained(change))
	}
	for _, finding := range verdict.Findings {
		explained.Results = append(explained.Results, FindingExplained(finding))
	}
	for _, excepted := range verdict.Excepted {
		explained.Excepted = append(explained.Excepted, ExceptedExplained(excepted))
	}
	return explained
}

// howToOptIn is by kind, for objects that nobody has opted in.
var howToOptIn = map[string]string{
	string(v1alpha1.KindService):   "keeps calls to it on the caller's node (preferred: where the node has a pod)",
	string(v1alpha1.KindDaemonSet): "replaces its pods without a gap: the new pod of a node is ready before the old one goes",
}

// WriteJSON writes the explanation for programs.
func (e *Explanation) WriteJSON(w io.Writer) error {
	return output.JSON(w, e)
}
