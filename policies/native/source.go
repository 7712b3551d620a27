package native

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"

	admission "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

//go:embed variables/*.yaml mutations/*.yaml
var sources embed.FS

// variable is a named CEL expression, evaluated when first read.
type variable = admission.Variable

// mutation is what a kind's MutatingAdmissionPolicy does.
type mutation struct {
	Variables []variable `json:"variables"`
	// Patches are lists of JSONPatch.
	Patches []string `json:"patches"`
}

// expressed is a rule in CEL.
type expressed struct {
	Variables []variable `json:"variables"`
	// Findings is a list of maps of texts: field, and what the message's
	// placeholders stand for.
	Findings string `json:"findings"`
}

// annotation is [policies.Annotation] in CEL. It has no Rego and so no folder:
// its findings are what both kinds' variables call wrong.
var annotation = expressed{
	Findings: `variables.wrong.map(line, line.split('\t')).map(at, {` +
		`'field': 'metadata.annotations[' + at[0] + ']', 'error': at[1]})`,
}

// library are the variables of a kind, the platform's answers among them.
func library(kind v1alpha1.Kind, platform v1alpha1.Platform) ([]variable, error) {
	variables := []variable{
		{Name: "defaultGate", Expression: quote(defaultGate(platform))},
		{Name: "trafficDistribution", Expression: quote(trafficDistribution(platform.Kubernetes))},
	}
	for _, name := range []string{"object", strings.ToLower(string(kind)), "annotations"} {
		var some []variable
		if err := read(sources, "variables/"+name+".yaml", &some); err != nil {
			return nil, err
		}
		variables = append(variables, some...)
	}
	return variables, nil
}

func defaultGate(platform v1alpha1.Platform) string {
	if platform.ReadinessGate == "" {
		return string(v1alpha1.ReadinessGateNone)
	}
	return string(platform.ReadinessGate)
}

// trafficDistribution is what `preferred` asks for; empty below 1.31, whose API
// server does not keep the field by default (KEP-4444).
func trafficDistribution(version v1alpha1.Version) string {
	switch {
	case version.AtLeast(v1alpha1.PreferSameNodeSince):
		return "PreferSameNode"
	case version.AtLeast(v1alpha1.Version{Major: 1, Minor: 31}):
		return "PreferClose"
	}
	return ""
}

func mutationOf(kind v1alpha1.Kind) (mutation, error) {
	var m mutation
	return m, read(sources, "mutations/"+strings.ToLower(string(kind))+".yaml", &m)
}

// celOf is a rule in CEL; found is false for a rule that has none.
func celOf(rule policies.Rule) (cel expressed, found bool, err error) {
	if rule.ID == policies.IDAnnotation {
		return annotation, true, nil
	}
	folder := strings.ReplaceAll(strings.TrimPrefix(rule.Package, "inshore."), ".", "/")
	name := folder + "/" + policies.NativeFile
	if _, err := fs.Stat(policies.CEL(), name); rule.Package == "" || err != nil {
		return cel, false, nil
	}
	return cel, true, read(policies.CEL(), name, &cel)
}

func read(files fs.FS, name string, into any) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("reading CEL: %w", err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("reading CEL in %s: %w", name, err)
	}
	return nil
}
