package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// schema is what is read of values.schema.json.
type schema struct {
	Description string            `json:"description"`
	Type        any               `json:"type"`
	Enum        []any             `json:"enum"`
	Properties  map[string]schema `json:"properties"`
	// Additional is false where every key must be known.
	Additional any `json:"additionalProperties"`
}

const introduction = `# Inshore's Helm chart

Installs what ` + "`kubectl apply -k manifests/overlays/…`" + ` does, object for object: the templates are generated from
the same manifests, and a test compares what both give.

    helm install inshore oci://ghcr.io/inshore-dev/charts/inshore --namespace inshore-system --create-namespace

**The namespace is inshore-system**, and there is one installation a cluster. That name stands in the webhook
configurations, in the agents' admission policies and in what the webhook itself leaves alone; any other is refused. Helm creates
the namespace bare, since the release has to be recorded in it first. Give it the labels that the kustomize base
has, once:

    kubectl label namespace inshore-system app.kubernetes.io/part-of=inshore pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/enforce-version=v1.30

**The CustomResourceDefinition is among the templates** (` + "`crds.install`" + `), not in the folder crds/: Helm installs what is
there once and never upgrades it, and a webhook that reads fields which the API server drops is worse than none. It is kept when
the release is uninstalled (` + "`crds.keep`" + `), as every NodeLocalPolicy goes with it.

**Upgrades** replace one replica after another and lose no admission call. Certificates that the webhook or
cert-manager's cainjector wrote into the webhook configurations stay, and so do the webhooks that NodeLocalPolicies add there: the chart's
fields are merged with them by name.

**Coming from kustomize**: add ` + "`--take-ownership --force-conflicts`" + ` to the first helm install: the objects stay. kubectl goes on owning
fields beside Helm, so add ` + "`--force-conflicts`" + ` to upgrades and rollbacks too.

**Uninstalling** leaves what Helm did not create: the namespace with the Secret of the embedded CA and a Lease; and the
CustomResourceDefinition with all policies. Turn policies off before (see docs/operations.md), so that what they have changed is put back.

    helm uninstall inshore --namespace inshore-system --wait
    kubectl delete namespace inshore-system
    kubectl delete customresourcedefinition nodelocalpolicies.inshore.dev

Kubernetes 1.30 or later. Tested with Helm 4.3.1.

## Values

Checked against values.schema.json: a key that does not exist is refused.

| value | default | what it says |
|---|---|---|
`

// readme documents the values: what they are from the schema, what they are by
// default from values.yaml.
func readme(chart string) (string, error) {
	var root schema
	text, err := os.ReadFile(filepath.Join(chart, "values.schema.json"))
	if err == nil {
		err = json.Unmarshal(text, &root)
	}
	if err != nil {
		return "", fmt.Errorf("reading the schema of values: %w", err)
	}
	var defaults map[string]any
	if text, err = os.ReadFile(filepath.Join(chart, "values.yaml")); err == nil {
		err = yaml.UnmarshalStrict(text, &defaults)
	}
	if err != nil {
		return "", fmt.Errorf("reading the default values: %w", err)
	}
	var rows strings.Builder
	if err := root.rows(&rows, "", defaults); err != nil {
		return "", err
	}
	return introduction + rows.String(), nil
}

// rows writes a row for every value without values of its own.
func (s schema) rows(out *strings.Builder, path string, defaults map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		property, name := s.Properties[key], strings.TrimPrefix(path+"."+key, ".")
		value, known := defaults[key]
		if !known {
			return fmt.Errorf("%s has no default in values.yaml", name)
		}
		if property.Description == "" {
			return fmt.Errorf("%s has no description in values.schema.json", name)
		}
		if below, is := value.(map[string]any); is && len(property.Properties) > 0 && property.Additional == false && key != "resources" {
			if err := property.rows(out, name, below); err != nil {
				return err
			}
			continue
		}
		text, err := json.Marshal(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(out, "| `%s` | `%s` | %s |\n", name, text, strings.ReplaceAll(property.Description, "|", "\\|"))
	}
	for _, key := range slices.Sorted(maps.Keys(defaults)) {
		if _, known := s.Properties[key]; !known {
			return fmt.Errorf("%s.%s of values.yaml is not in values.schema.json", path, key)
		}
	}
	return nil
}
