package policies

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// DefaultRuleTimeout bounds one rule. A rule takes microseconds; this is for
// the one that never ends, and leaves most of the ten seconds that an API
// server waits for a webhook by default.
const DefaultRuleTimeout = time.Second

// Config is what an [Engine] is made of. The zero value is the built-in rules.
type Config struct {
	// Bundles hold rules besides the built-in ones: every .rego file in them,
	// except *_test.rego and what is hidden. They compile under the same
	// restrictions, and neither their packages nor their ids may be ours.
	Bundles []fs.FS
	// RuleTimeout bounds the evaluation of one rule; 0 means
	// [DefaultRuleTimeout].
	RuleTimeout time.Duration
}

// Engine evaluates rules. It never changes once made, and is safe for
// concurrent use.
type Engine struct {
	rules    []*rule
	byKind   map[v1alpha1.Kind]*ruleSet
	revision string
	timeout  time.Duration
	readsOld bool
}

// ruleSet are the rules of one kind. all answers for every rule at once, which
// costs a fraction of asking each; each, in the order of rules, answers when
// all cannot.
type ruleSet struct {
	rules []*rule
	all   *query
	each  []*query
}

// New compiles the rules. The error names file and line, and is meant for the
// author of the rule.
func New(config Config) (*Engine, error) {
	sources := newSources()
	if err := sources.add(embedded, true); err != nil {
		return nil, err
	}
	for _, files := range config.Bundles {
		if err := sources.add(files, false); err != nil {
			return nil, err
		}
	}
	modules, err := sources.parse()
	if err != nil {
		return nil, err
	}
	rules, err := sources.rules(modules)
	if err != nil {
		return nil, err
	}
	compiler, err := compile(modules)
	if err != nil {
		return nil, err
	}
	engine := &Engine{
		rules:    rules,
		byKind:   make(map[v1alpha1.Kind]*ruleSet, len(bothKinds)),
		revision: sources.revision(),
		timeout:  cmp.Or(config.RuleTimeout, DefaultRuleTimeout),
		readsOld: readsOldObject(compiler),
	}
	for _, kind := range bothKinds {
		if engine.byKind[kind], err = newRuleSet(compiler, kind, rules); err != nil {
			return nil, err
		}
	}
	return engine, nil
}

// Rules lists the rules by id, those that Go checks included.
func (e *Engine) Rules() []Rule {
	rules := []Rule{Malformed, Annotation, OptOut}
	for _, r := range e.rules {
		rules = append(rules, r.Rule)
	}
	slices.SortFunc(rules, func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	return rules
}

// Revision is the content hash of the rules.
func (e *Engine) Revision() string { return e.revision }

// newCompiler is a compiler with the restrictions that every rule is under.
func newCompiler() *ast.Compiler {
	return ast.NewCompiler().
		WithCapabilities(capabilities()).
		WithStrict(true).
		WithSchemas(schemaSet()).
		WithUseTypeCheckAnnotations(true)
}

func compile(modules map[string]*ast.Module) (*ast.Compiler, error) {
	compiler := newCompiler()
	if compiler.Compile(modules); compiler.Failed() {
		return nil, fmt.Errorf("compiling rules: %w", compiler.Errors)
	}
	return compiler, nil
}

func newRuleSet(compiler *ast.Compiler, kind v1alpha1.Kind, rules []*rule) (*ruleSet, error) {
	set := &ruleSet{}
	var violations []*ast.Term
	for _, r := range rules {
		if !slices.Contains(r.Kinds, kind) {
			continue
		}
		one, err := newQuery(compiler, ast.NewTerm(r.violation))
		if err != nil {
			return nil, fmt.Errorf("preparing rule %s: %w", r.ID, err)
		}
		set.rules = append(set.rules, r)
		set.each = append(set.each, one)
		violations = append(violations, ast.NewTerm(r.violation))
	}
	all, err := newQuery(compiler, ast.ArrayTerm(violations...))
	if err != nil {
		return nil, fmt.Errorf("preparing the rules for %s: %w", kind, err)
	}
	set.all = all
	return set, nil
}
