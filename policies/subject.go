package policies

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies/input"
)

// errNoSet cannot happen to a rule that compiled: hasViolation sees to it.
var errNoSet = errors.New("the answer is not a set")

// subject is the object that results speak of.
type subject struct {
	// name is kind, namespace and name as messages have them.
	name    string
	optedIn bool
}

func newSubject(document *input.Document) subject {
	meta := document.Object.Meta()
	name := meta.Name
	if name == "" {
		// On create with generateName the API server has not chosen yet.
		name = meta.GenerateName
	}
	namespace := meta.Namespace
	if namespace == "" {
		namespace = document.Namespace.Name
	}
	if namespace != "" {
		name = namespace + "/" + name
	}
	return subject{
		name:    string(document.Object.Kind()) + " " + name,
		optedIn: document.Intent.OptedIn(),
	}
}

// findingsOf are the members of a rule's answer.
func findingsOf(answer ast.Value) ([]any, error) {
	set, isSet := answer.(ast.Set)
	if !isSet {
		return nil, errNoSet
	}
	if set.Len() == 0 {
		return nil, nil
	}
	value, err := ast.JSON(set)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	findings, isList := value.([]any)
	if !isList {
		return nil, errNoSet
	}
	return findings, nil
}

// results reads one rule's answer: a set of findings, or an error.
func (s subject) results(r *rule, answer ast.Value, err error) []Result {
	var findings []any
	if err == nil {
		findings, err = findingsOf(answer)
	}
	if err != nil {
		return []Result{s.failure(r, err)}
	}
	results := make([]Result, 0, len(findings))
	for _, finding := range findings {
		result, err := s.result(r, finding)
		if err != nil {
			result = s.failure(r, err)
		}
		results = append(results, result)
	}
	return results
}

func (s subject) result(r *rule, finding any) (Result, error) {
	members, _ := finding.(map[string]any)
	field, hasField := members["field"].(string)
	if !hasField {
		return Result{}, fmt.Errorf("the finding %v has no text in \"field\"", finding)
	}
	values, _ := members["values"].(map[string]any)
	message, err := r.message.render(s.name, field, values)
	if err != nil {
		return Result{}, err
	}
	remedy, err := r.remedy.render(s.name, field, values)
	if err != nil {
		return Result{}, err
	}
	return Result{ID: r.ID, Severity: r.Severity, Field: field, Message: message, Remedy: remedy}, nil
}

// failure fails closed: what could not be judged is not let through. An object
// that asks for nothing is, or a broken rule would bar the way out as well.
func (s subject) failure(r *rule, err error) Result {
	severity := SeverityError
	if !s.optedIn {
		severity = SeverityWarning
	}
	return Result{
		ID:       r.ID,
		Severity: severity,
		Message:  fmt.Sprintf("rule %s (%s) failed on %s, which is therefore not known to be safe: %v", r.ID, r.Title, s.name, err),
		Remedy: "This is a fault of the rule, not of the object: tell whoever runs Inshore. To go ahead without node-local " +
			"routing, take the inshore.dev/node-local annotation off.",
	}
}
