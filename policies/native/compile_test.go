package native

import (
	"testing"

	celgo "github.com/google/cel-go/cel"
	admission "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/version"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

// expression is one CEL expression as an API server takes it.
type expression struct {
	name, text string
	result     *celgo.Type
}

func (e expression) GetName() string            { return e.name }
func (e expression) GetExpression() string      { return e.text }
func (e expression) ReturnTypes() []*celgo.Type { return []*celgo.Type{e.result} }

// compiler is an API server's, of a minor version of Kubernetes, with the
// variables compiled.
func compiler(t *testing.T, minor uint, variables []variable) *plugincel.CompositedCompiler {
	t.Helper()
	c, err := plugincel.NewCompositedCompiler(environment.MustBaseEnvSet(version.MajorMinor(1, minor)))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		result := c.CompileAndStoreVariable(
			expression{v.Name, v.Expression, celgo.AnyType}, plugincel.OptionalVariableDeclarations{}, environment.NewExpressions)
		if result.Error != nil {
			t.Errorf("variable %s: %v\n%s", v.Name, result.Error, v.Expression)
		}
	}
	return c
}

func engine(t *testing.T) *policies.Engine {
	t.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func render(t *testing.T, platform v1alpha1.Platform) *Policies {
	t.Helper()
	rendered, err := Render(Config{Rules: engine(t).Rules(), Platform: platform})
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

func TestEveryExpressionCompilesOnTheOldestServerThatTakesIt(t *testing.T) {
	for _, object := range render(t, v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}).Objects {
		switch policy := object.(type) {
		case *admission.MutatingAdmissionPolicy:
			compileMutating(t, policy)
		case *admission.ValidatingAdmissionPolicy:
			compileValidating(t, policy)
		}
	}
}

func compileMutating(t *testing.T, policy *admission.MutatingAdmissionPolicy) {
	t.Helper()
	c := compiler(t, 32, policy.Spec.Variables)
	for _, m := range policy.Spec.Mutations {
		evaluator := c.CompileMutatingEvaluator(expression{text: m.JSONPatch.Expression, result: celgo.ListType(celgo.ObjectType("JSONPatch"))},
			plugincel.OptionalVariableDeclarations{HasPatchTypes: true}, environment.NewExpressions)
		for _, err := range evaluator.CompilationErrors() {
			t.Errorf("%s: %v\n%s", policy.Name, err, m.JSONPatch.Expression)
		}
	}
}

func compileValidating(t *testing.T, policy *admission.ValidatingAdmissionPolicy) {
	t.Helper()
	var all []plugincel.ExpressionAccessor
	for _, condition := range policy.Spec.MatchConditions {
		all = append(all, expression{text: condition.Expression, result: celgo.BoolType})
	}
	for _, v := range policy.Spec.Validations {
		all = append(all, expression{text: v.Expression, result: celgo.BoolType})
		if v.MessageExpression != "" {
			all = append(all, expression{text: v.MessageExpression, result: celgo.StringType})
		}
	}
	evaluator := compiler(t, 30, policy.Spec.Variables).CompileCondition(all, plugincel.OptionalVariableDeclarations{}, environment.NewExpressions)
	for _, err := range evaluator.CompilationErrors() {
		t.Errorf("%s: %v", policy.Name, err)
	}
}

func TestEachRuleIsExpressedOrSaysWhyNot(t *testing.T) {
	for _, rule := range engine(t).Rules() {
		if rule.Package == "" {
			continue // made by Go: ISH001 is about files, ISH002 is here
		}
		_, found, err := celOf(rule)
		switch {
		case err != nil:
			t.Error(err)
		case found && rule.Native != "":
			t.Errorf("%s has %s, and custom.native in its METADATA says that it cannot: %s", rule.ID, policies.NativeFile, rule.Native)
		case !found && rule.Native == "":
			t.Errorf("%s has neither %s nor custom.native in its METADATA, which says why CEL cannot express it", rule.ID, policies.NativeFile)
		}
	}
}
