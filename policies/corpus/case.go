package corpus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Door is a way to a verdict.
type Door string

// The doors. Native is the API server with the policies of package native.
const (
	DoorAdmission Door = "admission"
	DoorReview    Door = "review"
	DoorAudit     Door = "audit"
	DoorNative    Door = "native"
)

// Case is one set of manifests with what must become of it.
type Case struct {
	// Name is the file's without its extension.
	Name string
	// About says what the case shows.
	About string
	// InputFile is where the manifests are, from the repository's root; empty
	// if they are in the case itself.
	InputFile string
	// Input and Stored are YAML documents; Stored is nil if the objects are
	// created.
	Input, Stored []byte
	// Policies are NodeLocalPolicies as YAML documents; nil if there are none.
	Policies []byte
	Platform v1alpha1.Platform
	// Not are the doors that the case does not go through, with the reason.
	Not map[Door]string
	// Refused are objects, as [Object] writes them, that an API server's own
	// validation refuses.
	Refused   []string
	Mutations []Mutation
	Verdicts  []Verdict
}

// Mutation is one leaf of an object that mutation changes.
type Mutation struct {
	// Object is kind, namespace and name: "Service core/cache".
	Object string
	// Pointer is a JSON pointer (RFC 6901).
	Pointer string
	// Value is JSON; nil if the leaf is gone.
	Value json.RawMessage
}

// Verdict is one finding.
type Verdict struct {
	Severity, ID string
	// Object is kind, namespace and name; "-" for a file that cannot be read.
	Object string
	// Field may be empty.
	Field   string
	Message string
}

// Object is how cases name an object.
func Object(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }

// NodeLocalPolicies are the case's policies.
func (c *Case) NodeLocalPolicies() ([]*v1alpha1.NodeLocalPolicy, error) {
	var all []*v1alpha1.NodeLocalPolicy
	for _, document := range Documents(c.Policies) {
		policy := new(v1alpha1.NodeLocalPolicy)
		if err := yaml.UnmarshalStrict(document, policy); err != nil {
			return nil, fmt.Errorf("case %s: reading a policy: %w", c.Name, err)
		}
		all = append(all, policy)
	}
	return all, nil
}

// Goes reports whether the case goes through a door.
func (c *Case) Goes(door Door) bool { return c.Not[door] == "" }

// Sort brings mutations and verdicts in the order in which cases have them.
func (c *Case) Sort() {
	slices.SortFunc(c.Mutations, func(a, b Mutation) int {
		return strings.Compare(a.Object+a.Pointer, b.Object+b.Pointer)
	})
	SortVerdicts(c.Verdicts)
}

// SortVerdicts sorts by object, then severity, id, field and message.
func SortVerdicts(verdicts []Verdict) {
	key := func(v Verdict) string {
		return strings.Join([]string{v.Object, v.Severity, v.ID, v.Field, v.Message}, "\x00")
	}
	slices.SortFunc(verdicts, func(a, b Verdict) int { return strings.Compare(key(a), key(b)) })
}
