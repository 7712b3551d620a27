package policies

import (
	"context"
	"reflect"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/internal/projection"
)

var documents = projection.NewEncoder(documentType, serviceType, daemonSetType)

// Evaluate judges a document, whose object must not be nil. A rule that fails
// (an error, a panic, more than its time, an answer that makes no sense) yields
// a result of its own id and leaves the others alone; so does every rule that
// was not reached when ctx ended.
func (e *Engine) Evaluate(ctx context.Context, document *input.Document) Decision {
	decision := Decision{Revision: e.revision}
	set := e.byKind[document.Object.Kind()]
	subject := newSubject(document)
	value := documents.Encode(reflect.ValueOf(e.read(document)).Elem())

	answers, err := set.all.evaluate(ctx, e.timeout, value)
	for i, r := range set.rules {
		var answer ast.Value
		answerErr := err
		if err == nil {
			answer = answers.(*ast.Array).Elem(i).Value
		} else {
			answer, answerErr = set.each[i].evaluate(ctx, e.timeout, value)
		}
		decision.Results = append(decision.Results, subject.results(r, answer, answerErr)...)
	}
	SortResults(decision.Results)
	return decision
}
