package layout

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// mayImport is the dependency rule. A part may import itself and what is
// listed. The longest matching path counts, so agent/routes is narrower than the
// rest of agent. Nothing imports cmd, e2e or manifests.
var mayImport = map[string][]string{
	"api":             nil,
	"policies":        {"api"},
	"certs":           {"api"},
	"webhook":         {"api", "policies", "certs"},
	"agent":           {"api", "agent/routes"},
	"agent/routes":    {"api"},
	"cmd":             {"api", "policies", "certs", "webhook", "agent", "agent/routes"},
	"e2e":             {"api", "policies", "certs", "webhook", "agent", "agent/routes"},
	"manifests":       {"api", "webhook"}, // Its tests: what the webhook configurations must mean, and the names they share.
	"internal/layout": nil,
	"internal/sbom":   nil,
	"hack":            {"internal/sbom"},
}

// part is the entry of mayImport that a folder belongs to; empty if none.
func part(folder string) string {
	for ; folder != "." && folder != "/"; folder = path.Dir(folder) {
		if _, known := mayImport[folder]; known {
			return folder
		}
	}
	return ""
}

// checkImports reports what the dependency rule forbids, in tests as well: a test
// that reaches across ties two parts together just as firmly.
func checkImports(s source) []string {
	own := part(s.folder())
	if own == "" {
		return []string{fmt.Sprintf("%s: the folder is in no part of the layout; name it in mayImport, or find the part it belongs to", s.path)}
	}
	var problems []string
	for _, imported := range s.imports() {
		ours, is := strings.CutPrefix(imported, module+"/")
		if !is {
			continue
		}
		if other := part(ours); other != own && !slices.Contains(mayImport[own], other) {
			problems = append(problems, fmt.Sprintf("%s: %s must not import %s", s.path, own, ours))
		}
	}
	return problems
}

// checkImportGroups reports imports that are not in three groups: the standard
// library's, others', ours. Imports for their effect may stand apart, and so may
// those that a comment explains.
func checkImportGroups(s source) []string {
	var problems []string
	last, lastLine := -1, -1
	for _, spec := range s.ast.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil || imported == "C" {
			continue
		}
		group := importGroup(imported)
		// A comment above an import belongs to it.
		first := spec.Pos()
		if spec.Doc != nil {
			first = spec.Doc.Pos()
		}
		line := s.set.Position(first).Line
		apart := line > lastLine+1
		effect := spec.Name != nil && spec.Name.Name == "_"
		torn := group == last && apart && spec.Doc == nil && !effect
		if last >= 0 && (group < last || torn || (group > last && !apart)) {
			problems = append(problems, fmt.Sprintf("%s:%d: %s: imports go in three groups: std, others, ours", s.path, line, imported))
		}
		last, lastLine = group, s.set.Position(spec.End()).Line
	}
	return problems
}

// importGroup is 0 for the standard library, 1 for others, 2 for ours.
func importGroup(imported string) int {
	first, _, _ := strings.Cut(imported, "/")
	switch {
	case imported == module || strings.HasPrefix(imported, module+"/"):
		return 2
	case strings.Contains(first, "."):
		return 1
	default:
		return 0
	}
}
