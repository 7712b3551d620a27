package policies

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"

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

	answers, err := evaluate(ctx, e.timeout, &set.all, value)
	for i, r := range set.rules {
		var answer any
		answerErr := err
		if err == nil {
			answer = answers.([]any)[i]
		} else {
			answer, answerErr = evaluate(ctx, e.timeout, &set.each[i], value)
		}
		decision.Results = append(decision.Results, subject.results(r, answer, answerErr)...)
	}
	SortResults(decision.Results)
	return decision
}

// evaluate runs one query of one term within its time.
func evaluate(ctx context.Context, timeout time.Duration, query *rego.PreparedEvalQuery, value ast.Value) (answer any, err error) {
	// A panic in OPA or in a builtin must cost a verdict, not the process that
	// every other verdict depends on.
	defer func() {
		if cause := recover(); cause != nil {
			answer, err = nil, fmt.Errorf("evaluating: panic: %v", cause)
		}
	}()
	ctx, done := context.WithTimeout(ctx, timeout)
	defer done()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("evaluating: %w", context.Cause(ctx))
	}
	// OPA would start a goroutine to watch ctx; this starts one only when ctx ends.
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()

	results, err := query.Eval(ctx, rego.EvalParsedInput(value), rego.EvalExternalCancel(cancel))
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("evaluating: %w", context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("evaluating: %w", err)
	case len(results) != 1 || len(results[0].Expressions) != 1:
		return nil, errors.New("evaluating: the rule has no answer")
	}
	return results[0].Expressions[0].Value, nil
}
