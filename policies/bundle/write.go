package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// Write returns the bundle as it travels (.tar.gz), signed if there is a key.
// The same bundle gives the same bytes, except for its signature where the
// algorithm is randomised (ES*, PS*).
func (b *Bundle) Write(key *SigningKey) ([]byte, error) {
	if len(b.files) == 0 {
		return nil, fmt.Errorf("writing the bundle: %w", errNoRego)
	}
	content, err := b.content()
	if err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	if key != nil {
		config := opabundle.NewSigningConfig(key.key, key.algorithm, "")
		if err := content.GenerateSignature(config, keyID, true); err != nil {
			return nil, fmt.Errorf("signing the bundle: %w", err)
		}
		// The id of OPA's own signer, which readers other than ours may not know.
		content.Signatures.Plugin = ""
	}
	var out bytes.Buffer
	if err := opabundle.NewWriter(&out).UseModulePath(true).DisableFormat(true).Write(content); err != nil {
		return nil, fmt.Errorf("writing the bundle: %w", err)
	}
	if out.Len() > MaxPacked {
		return nil, fmt.Errorf("writing the bundle: %d KiB are too much: at most %d", out.Len()>>10, MaxPacked>>10)
	}
	return out.Bytes(), nil
}

// content is the bundle as OPA has it.
func (b *Bundle) content() (opabundle.Bundle, error) {
	content := opabundle.Bundle{Data: map[string]any{}}
	roots := map[string]bool{}
	for _, name := range b.Paths() {
		text := b.files[name]
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return content, err
		}
		if root, ok := module.Package.Path[1].Value.(ast.String); ok {
			roots[string(root)] = true
		}
		content.Modules = append(content.Modules, opabundle.ModuleFile{
			URL: "/" + name, Path: "/" + name, RelativePath: "/" + name, Raw: []byte(text), Parsed: module,
		})
	}
	manifest := opabundle.Manifest{Revision: b.Revision, Roots: new(slices.Sorted(maps.Keys(roots)))}
	manifest.SetRegoVersion(ast.RegoV1)
	if len(b.Retired) > 0 {
		retired, err := generic(map[string]any{"retired": b.Retired})
		if err != nil {
			return content, err
		}
		manifest.Metadata = map[string]any{"inshore": retired}
	}
	content.Manifest = manifest
	return content, nil
}

// generic is a value as it is once it was read from JSON, which is what
// signatures are over.
func generic(value any) (any, error) {
	text, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	var read any
	return read, json.Unmarshal(text, &read)
}
