// Crd finishes the CRD that controller-gen makes of the Go types.
//
// It writes into it what a label selector must be. The Go type is
// metav1.LabelSelector, which holds anything: without this the API server would
// take a selector that nothing can be chosen with, and a policy would stand
// there that does nothing. The rules are those of
// k8s.io/apimachinery/pkg/apis/meta/v1/validation; the bounds on how many there
// may be keep the expressions within what the API server lets a CRD cost
// (KEP-2876).
//
// And it takes the line breaks of Go comments out of descriptions: kubectl explain
// keeps those there are and adds its own.
package main

import (
	"fmt"
	"os"
	"strings"

	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

const (
	key   = `matches('^([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$')`
	value = `matches('^([A-Za-z0-9]([-_.A-Za-z0-9]*[A-Za-z0-9])?)?$')`

	keyMessage = "the key of a label is a name of at most 63 letters, digits, -, _ and ., with a letter or a digit at either end, " +
		"and before it, if anything, a DNS name and a slash"
	valueMessage = "the value of a label is empty, or letters, digits, -, _ and . with a letter or a digit at either end"
)

func main() {
	if err := rewrite(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func rewrite(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the CRD: %w", err)
	}
	var crd map[string]any
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return fmt.Errorf("reading the CRD %s: %w", file, err)
	}
	versions, err := path(crd, "spec", "versions")
	if err != nil {
		return fmt.Errorf("reading the CRD %s: %w", file, err)
	}
	for _, version := range versions.([]any) {
		spec, err := path(version, "schema", "openAPIV3Schema", "properties", "spec", "properties")
		if err != nil {
			return fmt.Errorf("reading the CRD %s: %w", file, err)
		}
		for _, name := range []string{"namespaceSelector", "objectSelector"} {
			if err := restrict(spec.(map[string]any)[name].(map[string]any)); err != nil {
				return fmt.Errorf("writing the schema of %s: %w", name, err)
			}
		}
	}
	flow(versions)
	text, err = yaml.Marshal(crd)
	if err != nil {
		return fmt.Errorf("writing the CRD: %w", err)
	}
	if err := os.WriteFile(file, append([]byte("---\n"), text...), 0o644); err != nil {
		return fmt.Errorf("writing the CRD: %w", err)
	}
	return nil
}

// flow makes one line of each paragraph of the descriptions below a node.
func flow(node any) {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			flow(item)
		}
	case map[string]any:
		if text, is := node["description"].(string); is {
			paragraphs := strings.Split(text, "\n\n")
			for i, paragraph := range paragraphs {
				paragraphs[i] = strings.ReplaceAll(paragraph, "\n", " ")
			}
			node["description"] = strings.Join(paragraphs, "\n\n")
		}
		for _, member := range node {
			flow(member)
		}
	}
}

// path is what stands at the end of a path of members.
func path(node any, names ...string) (any, error) {
	for _, name := range names {
		members, ok := node.(map[string]any)
		if !ok || members[name] == nil {
			return nil, fmt.Errorf("there is no %s", name)
		}
		node = members[name]
	}
	return node, nil
}

// restrict replaces the properties of a selector's schema.
func restrict(selector map[string]any) error {
	text, err := yaml.Marshal(properties())
	if err != nil {
		return err
	}
	var members map[string]any
	if err := yaml.Unmarshal(text, &members); err != nil {
		return err
	}
	selector["properties"] = members
	return nil
}

// properties are those of a selector.
func properties() map[string]extensions.JSONSchemaProps {
	values := extensions.JSONSchemaProps{
		Type: "string", MaxLength: new(int64(63)), XValidations: extensions.ValidationRules{{Rule: "self." + value, Message: valueMessage}},
	}
	return map[string]extensions.JSONSchemaProps{
		"matchLabels": {
			Description: "matchLabels are labels that must all be there with these values.",
			Type:        "object", MaxProperties: new(int64(32)),
			AdditionalProperties: &extensions.JSONSchemaPropsOrBool{Allows: true, Schema: &values},
			XValidations:         extensions.ValidationRules{{Rule: "self.all(key, key." + key + ")", Message: keyMessage}},
		},
		"matchExpressions": {
			Description: "matchExpressions are requirements that must all hold.",
			Type:        "array", MaxItems: new(int64(32)), XListType: new("atomic"),
			Items: &extensions.JSONSchemaPropsOrArray{Schema: requirement(values)},
		},
	}
}

// requirement is one of matchExpressions.
func requirement(values extensions.JSONSchemaProps) *extensions.JSONSchemaProps {
	values.XValidations = append(extensions.ValidationRules{}, values.XValidations...)
	return &extensions.JSONSchemaProps{
		Description: "a requirement on one label.",
		Type:        "object",
		Required:    []string{"key", "operator"},
		Properties: map[string]extensions.JSONSchemaProps{
			"key": {
				Description: "key is the label's.",
				Type:        "string", MaxLength: new(int64(317)),
				XValidations: extensions.ValidationRules{{Rule: "self." + key, Message: keyMessage}},
			},
			"operator": {
				Description: "operator is In or NotIn the values, Exists or DoesNotExist.",
				Type:        "string",
				Enum:        []extensions.JSON{{Raw: []byte(`"In"`)}, {Raw: []byte(`"NotIn"`)}, {Raw: []byte(`"Exists"`)}, {Raw: []byte(`"DoesNotExist"`)}},
			},
			"values": {
				Description: "values go with In and NotIn, which need at least one, and with no other operator.",
				Type:        "array", MaxItems: new(int64(64)), XListType: new("atomic"),
				Items: &extensions.JSONSchemaPropsOrArray{Schema: &values},
			},
		},
		XValidations: extensions.ValidationRules{
			{
				Rule:    "!(self.operator in ['In', 'NotIn']) || (has(self.values) && size(self.values) > 0)",
				Message: "In and NotIn need at least one value",
			},
			{
				Rule:    "!(self.operator in ['Exists', 'DoesNotExist']) || !has(self.values) || size(self.values) == 0",
				Message: "Exists and DoesNotExist take no values",
			},
		},
	}
}
