package ruletest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/inshore-dev/inshore/policies"
)

// DefaultTimeout bounds one test.
const DefaultTimeout = 5 * time.Second

// Config says which tests to run.
type Config struct {
	// Bundles hold rules and their tests.
	Bundles []fs.FS
	// Run is a regular expression that a test's package and name must match;
	// empty for all.
	Run string
	// Timeout bounds one test; 0 means [DefaultTimeout].
	Timeout time.Duration
}

// ErrNone means that there is no test to run.
var ErrNone = errors.New("no test found: tests are rules named test_… in *_test.rego")

// Run runs the tests. The error is that they could not run: a file does not
// parse or compile, or there is none.
func Run(ctx context.Context, config Config) (*Report, error) {
	modules, own, err := policies.Library(config.Bundles...)
	if err != nil {
		return nil, err
	}
	store := inmem.New()
	transaction, err := store.NewTransaction(ctx)
	if err != nil {
		return nil, fmt.Errorf("preparing the tests: %w", err)
	}
	defer store.Abort(context.WithoutCancel(ctx), transaction)

	coverage := cover.New()
	results, err := run(ctx, config, modules, store, transaction, coverage)
	if err != nil {
		return nil, fmt.Errorf("compiling rules and tests: %w", err)
	}
	report := &Report{}
	for result := range results {
		report.add(result)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if len(report.Results) == 0 {
		return nil, ErrNone
	}
	slices.SortFunc(report.Results, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	report.cover(coverage.Report(modules), own)
	return report, nil
}

func run(
	ctx context.Context, config Config, modules map[string]*ast.Module,
	store storage.Store, transaction storage.Transaction, coverage *cover.Cover,
) (chan *tester.Result, error) {
	return tester.NewRunner().
		SetCompiler(policies.Compiler().WithEnablePrintStatements(true)).
		SetStore(store).
		SetModules(modules).
		SetCoverageQueryTracer(coverage).
		CapturePrintOutput(true).
		RaiseBuiltinErrors(true).
		Filter(config.Run).
		SetTimeout(cmp.Or(config.Timeout, DefaultTimeout)).
		RunTests(ctx, transaction)
}

// isTest reports whether a file's lines are tests and need no test.
func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }
