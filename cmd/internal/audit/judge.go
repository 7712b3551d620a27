package audit

import (
	"context"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Report is what an audit found. Its JSON has the members of a review's, but for
// files and lines.
type Report struct {
	Version    string `json:"version"`
	Kubernetes string `json:"kubernetes"`
	// Revision is the content hash of the rules.
	Revision string  `json:"revision"`
	Summary  Summary `json:"summary"`
	// Results are by namespace, kind and name, errors before warnings.
	Results  []Result   `json:"results"`
	Excepted []Excepted `json:"excepted"`
	// Mutations are of objects that are not as admission would have left them.
	Mutations []Mutation `json:"mutations"`
	// Notes say what could not be seen.
	Notes []string `json:"notes,omitempty"`
}

// Summary counts.
type Summary struct {
	// Objects are the Services and DaemonSets with an annotation of ours, and those
	// that a NodeLocalPolicy holds for.
	Objects   int `json:"objects"`
	Errors    int `json:"errors"`
	Warnings  int `json:"warnings"`
	Excepted  int `json:"excepted"`
	Mutations int `json:"mutations"`
}

// Object names what a finding is about.
type Object struct {
	APIVersion string        `json:"apiVersion"`
	Kind       v1alpha1.Kind `json:"kind"`
	Namespace  string        `json:"namespace"`
	Name       string        `json:"name"`
}

// Result is a finding about an object.
type Result struct {
	Object
	policies.Result
}

// Excepted is a finding that an exception lets pass.
type Excepted struct {
	Result
	Owner   string    `json:"owner"`
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires"`
	Policy  string    `json:"policy"`
}

// Mutation is what admission would write into an object.
type Mutation struct {
	Object
	Fields []string     `json:"fields"`
	Patch  mutate.Patch `json:"patch"`
}

// Judge judges every object that carries an annotation of ours or that a policy
// holds for.
func Judge(ctx context.Context, facts *Facts, rules validate.Rules, version string) *Report {
	r := &Report{
		Version: version, Kubernetes: facts.Platform.Kubernetes.String(), Revision: rules.Engine.Revision(), Notes: facts.Notes,
		// An empty list is a list.
		Results: []Result{}, Excepted: []Excepted{}, Mutations: []Mutation{},
	}
	for _, namespace := range facts.Store.Namespaces() {
		for object := range facts.Store.Judged(namespace) {
			if object.Meta().DeletionTimestamp != "" {
				continue
			}
			if inspection := audit.Inspect(ctx, rules, facts.Platform, facts.Store, object); inspection.TakesPart() {
				r.add(inspection)
			}
		}
	}
	return r
}

func (r *Report) add(i audit.Inspection) {
	object := nameOf(i.Object)
	r.Summary.Objects++
	for _, result := range slices.Concat(i.Decision.Results, i.Policed()) {
		if result.Severity == policies.SeverityError {
			r.Summary.Errors++
		} else {
			r.Summary.Warnings++
		}
		r.Results = append(r.Results, Result{object, result})
	}
	for _, e := range i.Decision.Excepted {
		r.Summary.Excepted++
		r.Excepted = append(r.Excepted, Excepted{
			Result: Result{object, e.Result}, Owner: e.Exception.Owner, Reason: e.Exception.Reason, Expires: e.Exception.Expires.UTC(), Policy: e.Policy,
		})
	}
	if len(i.Mutation.Patch) > 0 {
		m := Mutation{Object: object, Patch: i.Mutation.Patch}
		for _, change := range i.Mutation.Changes {
			m.Fields = append(m.Fields, change.Field)
		}
		r.Summary.Mutations++
		r.Mutations = append(r.Mutations, m)
	}
}

func nameOf(object input.Object) Object {
	o := Object{APIVersion: "v1", Kind: object.Kind(), Namespace: object.Meta().Namespace, Name: object.Meta().Name}
	if o.Kind == v1alpha1.KindDaemonSet {
		o.APIVersion = "apps/v1"
	}
	return o
}

// Failed reports whether something as severe was found. An object that admission
// missed is a warning: it is not as its annotations say, and admission or repair
// puts that right.
func (r *Report) Failed(least policies.Severity) bool {
	return r.Summary.Errors > 0 || least == policies.SeverityWarning && r.Summary.Warnings+r.Summary.Mutations > 0
}
