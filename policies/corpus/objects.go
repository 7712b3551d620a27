package corpus

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

// Manifest is one object of a case.
type Manifest struct {
	// Object is the manifest as JSON values.
	Object map[string]any
	// YAML is the document it was read from.
	YAML []byte
}

var documentEnd = regexp.MustCompile(`(?m)^---.*\n`)

// Manifests are the objects in YAML documents. Objects of namespaced kinds that
// name no namespace are in "default".
func Manifests(documents []byte) ([]Manifest, error) {
	var all []Manifest
	for _, document := range Documents(documents) {
		m := Manifest{YAML: document}
		text, err := yaml.YAMLToJSON(m.YAML)
		if err != nil {
			return nil, fmt.Errorf("reading a manifest: %w", err)
		}
		if bytes.Equal(text, []byte("null")) {
			continue // comments alone
		}
		if err := yaml.Unmarshal(text, &m.Object); err != nil {
			return nil, fmt.Errorf("reading a manifest: %w", err)
		}
		if metadata, _ := m.Object["metadata"].(map[string]any); metadata != nil && metadata["namespace"] == nil && m.Namespaced() {
			metadata["namespace"] = "default"
		}
		all = append(all, m)
	}
	return all, nil
}

// Documents are the YAML documents that are not blank.
func Documents(text []byte) [][]byte {
	var documents [][]byte
	for _, document := range documentEnd.Split(string(text), -1) {
		if strings.TrimSpace(document) != "" {
			documents = append(documents, []byte(document))
		}
	}
	return documents
}

// Kind is the object's kind.
func (m Manifest) Kind() string { kind, _ := m.Object["kind"].(string); return kind }

// Namespaced reports whether objects of the kind are in a namespace.
func (m Manifest) Namespaced() bool { return m.Kind() != "Node" && m.Kind() != "Namespace" }

// Governed reports whether a policy may hold for the object: a Service or a
// DaemonSet.
func (m Manifest) Governed() bool { return m.Kind() == "Service" || m.Kind() == "DaemonSet" }

// Judged reports whether the doors judge the object where there is no policy: one
// of these with an annotation of ours.
func (m Manifest) Judged() bool {
	if !m.Governed() {
		return false
	}
	metadata, _ := m.Object["metadata"].(map[string]any)
	annotations, _ := metadata["annotations"].(map[string]any)
	for key := range annotations {
		if strings.HasPrefix(key, "inshore.dev/") {
			return true
		}
	}
	return false
}

// Name names the object as [Object] does.
func (m Manifest) Name() string {
	metadata, _ := m.Object["metadata"].(map[string]any)
	name, _ := metadata["name"].(string)
	namespace, _ := metadata["namespace"].(string)
	return Object(m.Kind(), namespace, name)
}
