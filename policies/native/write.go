package native

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// WriteYAML writes the objects for kubectl apply, below a comment that lists
// what they leave out.
func (p *Policies) WriteYAML(w io.Writer) error {
	if _, err := io.WriteString(w, p.header("# Written by `inshore native`: Inshore's mutations and rules without its webhook.")); err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	objects, err := p.manifests()
	if err != nil {
		return err
	}
	encoder := yaml.NewEncoder(w)
	encoder.SetIndent(2)
	for _, object := range objects {
		if err := encoder.Encode(object); err != nil {
			return fmt.Errorf("writing YAML: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return fmt.Errorf("writing YAML: %w", err)
	}
	return nil
}

// WriteJSON writes a v1 List of the objects. JSON has no comments: what they
// leave out is in Rules and Limits.
func (p *Policies) WriteJSON(w io.Writer) error {
	objects, err := p.manifests()
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	list := map[string]any{"apiVersion": "v1", "kind": "List", "items": objects}
	if err := encoder.Encode(list); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// header is the comment above the YAML.
func (p *Policies) header(first string) string {
	var b strings.Builder
	b.WriteString(first + "\n#\n# Rules that CEL cannot express:\n")
	for _, rule := range p.Rules {
		if !rule.Expressed {
			comment(&b, rule.ID+" "+rule.Title+". "+rule.Reason)
		}
	}
	b.WriteString("#\n# What these policies do otherwise than the webhook:\n")
	for _, limit := range p.Limits {
		comment(&b, limit)
	}
	return b.String()
}

// comment writes a text as one item of a list, in lines of up to 100 characters.
func comment(b *strings.Builder, text string) {
	line := "# -"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > 100 {
			b.WriteString(line + "\n")
			line = "#  "
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// manifests are the objects as maps, without what only an API server writes.
func (p *Policies) manifests() ([]map[string]any, error) {
	manifests := make([]map[string]any, len(p.Objects))
	for i, object := range p.Objects {
		text, err := json.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("encoding a policy: %w", err)
		}
		if err := json.Unmarshal(text, &manifests[i]); err != nil {
			return nil, fmt.Errorf("encoding a policy: %w", err)
		}
		delete(manifests[i], "status")
		delete(manifests[i]["metadata"].(map[string]any), "creationTimestamp")
	}
	return manifests, nil
}
