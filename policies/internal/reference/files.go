package reference

import (
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/inshore-dev/inshore/policies"
)

// Files are all generated files, by their path from the policies folder, which
// files is.
func Files(files fs.FS) (map[string][]byte, error) {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		return nil, fmt.Errorf("generating the reference: %w", err)
	}
	markdown, err := Markdown(engine.Rules(), files)
	if err != nil {
		return nil, err
	}
	generated := map[string][]byte{"../docs/policies.md": markdown}
	for name, schema := range policies.Schemas() {
		text, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("generating the schema %s: %w", name, err)
		}
		generated["schemas/"+name+".json"] = append(text, '\n')
	}
	return generated, nil
}
