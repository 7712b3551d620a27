package policies

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/inshore-dev/inshore/policies/internal/virtualcache"
)

// answerVar is what a query binds its answer to.
const answerVar = ast.Var("answer")

// errNoAnswer cannot happen to rules that compiled: a set is never undefined.
var errNoAnswer = errors.New("evaluating: the rule has no answer")

// query asks for the value of one term. It goes to topdown itself: package rego would
// turn every answer into maps and slices, and nearly all of them are empty sets.
type query struct {
	compiler *ast.Compiler
	// rewritten is the compiler of the query itself, which knows its variables.
	rewritten ast.QueryCompiler
	body      ast.Body
	store     storage.Store
}

func newQuery(compiler *ast.Compiler, term *ast.Term) (*query, error) {
	q := &query{compiler: compiler, rewritten: compiler.QueryCompiler(), store: inmem.New()}
	var err error
	if q.body, err = q.rewritten.Compile(ast.NewBody(ast.Equality.Expr(ast.NewTerm(answerVar), term))); err != nil {
		return nil, err
	}
	return q, nil
}

// evaluate asks within a time.
func (q *query) evaluate(ctx context.Context, timeout time.Duration, input ast.Value) (answer ast.Value, err error) {
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
	cancel := topdown.NewCancel()
	defer context.AfterFunc(ctx, cancel.Cancel)()

	answer, err = q.run(ctx, cancel, input)
	switch {
	case ctx.Err() != nil && err != nil:
		return nil, fmt.Errorf("evaluating: %w", context.Cause(ctx))
	case err != nil:
		return nil, fmt.Errorf("evaluating: %w", err)
	case answer == nil:
		return nil, errNoAnswer
	}
	return answer, nil
}

func (q *query) run(ctx context.Context, cancel topdown.Cancel, input ast.Value) (answer ast.Value, err error) {
	txn, err := q.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer q.store.Abort(ctx, txn)
	cache := virtualcache.Get()
	defer cache.Release()
	err = topdown.NewQuery(q.body).
		WithQueryCompiler(q.rewritten).
		WithCompiler(q.compiler).
		WithStore(q.store).
		WithTransaction(txn).
		WithInput(ast.NewTerm(input)).
		WithVirtualCache(cache).
		WithCancel(cancel).
		// Without this an error in a builtin is merely undefined, and the rule
		// passes what it could not judge.
		WithStrictBuiltinErrors(true).
		Iter(ctx, func(result topdown.QueryResult) error {
			if term := result[answerVar]; term != nil {
				answer = term.Value
			}
			return nil
		})
	return answer, err
}
