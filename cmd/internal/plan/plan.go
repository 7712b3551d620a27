package plan

import (
	"encoding/json"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// Plan is what roll-outs would do. Its JSON is a contract with the programs that
// read it.
type Plan struct {
	Version    string `json:"version"`
	Kubernetes string `json:"kubernetes"`
	// Revision is the content hash of the rules.
	Revision string  `json:"revision"`
	Summary  Summary `json:"summary"`
	// Policies are in order of precedence; those that are gone come last, by name.
	Policies []Policy `json:"policies"`
	// Notes say what could not be seen.
	Notes []string `json:"notes,omitempty"`
}

// Summary counts over all policies.
type Summary struct {
	// Objects are the Services and DaemonSets of the cluster.
	Objects int `json:"objects"`
	Change  int `json:"change"`
	// Undo are those of the changes that take an object out of its policy.
	Undo       int `json:"undo"`
	Namespaces int `json:"namespaces"`
	Violating  int `json:"violating"`
	OptedOut   int `json:"optedOut"`
	// Pods are replaced because the templates of their DaemonSets change.
	Pods int32 `json:"pods"`
}

// Policy is one policy's part.
type Policy struct {
	Name string `json:"name"`
	// Change is what is proposed about the policy; empty if nothing is.
	Change      Change               `json:"change,omitempty"`
	Enforcement v1alpha1.Enforcement `json:"enforcement,omitempty"`
	OptOut      v1alpha1.OptOut      `json:"optOut,omitempty"`
	Priority    int32                `json:"priority"`
	Rollout     v1alpha1.Rollout     `json:"rollout"`
	// Problem says why the policy can hold for nothing.
	Problem string `json:"problem,omitempty"`
	// Guarded are namespaces that the selector takes in without naming them: they
	// are left out.
	Guarded []string `json:"guarded,omitempty"`

	// Matched counts the objects that the policy holds for, Follows those of them
	// that are as it wants them, Unenforced those that would need a change if it
	// were enforced.
	Matched    int `json:"matched"`
	Follows    int `json:"follows"`
	Unenforced int `json:"unenforced"`
	// Seconds is how long the changes take at the least, by the policy's pace.
	Seconds int `json:"seconds"`

	// Changes are in the order in which they are made.
	Changes []ObjectChange `json:"changes"`
	// Violating are objects that would break a rule: they are left as they are.
	Violating []Violation `json:"violating"`
	OptedOut  []Object    `json:"optedOut"`
	// Elsewhere are objects that the policy chooses and another holds for.
	Elsewhere []Elsewhere `json:"elsewhere"`
}

// Object names a Service or a DaemonSet.
type Object struct {
	APIVersion string        `json:"apiVersion"`
	Kind       v1alpha1.Kind `json:"kind"`
	Namespace  string        `json:"namespace"`
	Name       string        `json:"name"`
}

// ObjectChange is what is written into one object.
type ObjectChange struct {
	Object
	// Undo is set on an object that is taken out of the policy.
	Undo bool `json:"undo"`
	// Fields are what changes as people read it; Patch is the same, RFC 6902, for
	// the object as it is stored now.
	Fields []Field      `json:"fields"`
	Patch  mutate.Patch `json:"patch"`
	// Restarts is set where the pod template changes: all Pods are replaced.
	Restarts bool  `json:"restarts"`
	Pods     int32 `json:"pods"`
	// Gap names the DaemonSets behind a Service which keep rolling out with a gap,
	// because they break a rule or opted out: once calls stay on their node they
	// fail in it.
	Gap []string `json:"gap,omitempty"`
}

// Field is one field that changes. From or To is null where it is absent.
type Field struct {
	Field string          `json:"field"`
	From  json.RawMessage `json:"from"`
	To    json.RawMessage `json:"to"`
	Why   string          `json:"why"`
}

// Violation is an object that is left as it is, and which rules it would break.
type Violation struct {
	Object
	Results []policies.Result `json:"results"`
}

// Elsewhere is an object that another policy holds for.
type Elsewhere struct {
	Object
	Policy string `json:"policy"`
	Why    string `json:"why"`
}

// Empty reports whether there is nothing to change.
func (p *Plan) Empty() bool { return p.Summary.Change == 0 }
