package manifests_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// policySchema is what the API server holds NodeLocalPolicies to.
func policySchema(t *testing.T) *extensions.JSONSchemaProps {
	t.Helper()
	crd := named[*extensions.CustomResourceDefinition](t, render(t, "embedded"), "nodelocalpolicies.inshore.dev")
	for _, version := range crd.Spec.Versions {
		if version.Name == v1alpha1.GroupVersion.Version && version.Served && version.Storage {
			return version.Schema.OpenAPIV3Schema
		}
	}
	t.Fatalf("the CRD serves no %s", v1alpha1.GroupVersion)
	return nil
}

// leaves are types whose JSON is not their fields', or not ours.
var leaves = []reflect.Type{
	reflect.TypeFor[metav1.ObjectMeta](), reflect.TypeFor[metav1.TypeMeta](), reflect.TypeFor[metav1.Time](), reflect.TypeFor[metav1.Duration](),
	reflect.TypeFor[metav1.Condition](), reflect.TypeFor[metav1.LabelSelector](), reflect.TypeFor[intstr.IntOrString](), reflect.TypeFor[v1alpha1.RuleParameters](),
}

// compare reports where the fields of a type and the properties of a schema
// differ: what the CRD lacks the API server drops without a word.
func compare(at string, typ reflect.Type, schema *extensions.JSONSchemaProps) (problems []string) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() == reflect.Slice {
		if schema.Items == nil {
			return []string{at + " is no list"}
		}
		return compare(at+"[]", typ.Elem(), schema.Items.Schema)
	}
	if typ.Kind() != reflect.Struct || slices.Contains(leaves, typ) {
		return nil
	}
	known := map[string]bool{}
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "" {
			continue // inlined: TypeMeta
		}
		known[name] = true
		property, ok := schema.Properties[name]
		if !ok {
			problems = append(problems, at+"."+name+" is not in the CRD")
			continue
		}
		// Counts in a status are written when they are 0 too, and required of nobody:
		// who sets another part of it need not know them.
		required := slices.Contains(schema.Required, name)
		if required == strings.Contains(options, "omitempty") && (required || at != ".status") {
			problems = append(problems, at+"."+name+" is required in only one of the two")
		}
		problems = append(problems, compare(at+"."+name, typ.Field(i).Type, &property)...)
	}
	for name := range schema.Properties {
		if !known[name] && name != "apiVersion" && name != "kind" {
			problems = append(problems, at+"."+name+" is not in the Go type")
		}
	}
	return problems
}

func TestCRDHasTheFieldsOfItsGoType(t *testing.T) {
	for _, problem := range compare("", reflect.TypeFor[v1alpha1.NodeLocalPolicy](), policySchema(t)) {
		t.Errorf("%s: run go generate ./api/v1alpha1", problem)
	}
}

func TestAFieldThatTheCRDLacksIsReported(t *testing.T) {
	schema := policySchema(t)
	exception := schema.Properties["spec"].Properties["exceptions"].Items.Schema
	delete(exception.Properties, "owner")
	exception.Properties["woner"] = extensions.JSONSchemaProps{}
	got := compare("", reflect.TypeFor[v1alpha1.NodeLocalPolicy](), schema)
	want := []string{".spec.exceptions[].owner is not in the CRD", ".spec.exceptions[].woner is not in the Go type"}
	if !slices.Equal(got, want) {
		t.Errorf("problems %q, want %q", got, want)
	}
}

func TestExceptionsNeedEverythingAndAreForOurRulesOnly(t *testing.T) {
	exception := policySchema(t).Properties["spec"].Properties["exceptions"].Items.Schema
	if want := []string{"expires", "object", "owner", "reason", "rule"}; !slices.Equal(slices.Sorted(slices.Values(exception.Required)), want) {
		t.Errorf("required are %q, want %q", exception.Required, want)
	}
	rules := exception.Properties["rule"].XValidations
	if !slices.ContainsFunc(rules, func(r extensions.ValidationRule) bool { return strings.Contains(r.Rule, "ISH0") }) {
		t.Errorf("the rule's validation is %+v, want one that keeps ISH0xx out", rules)
	}
}
