package review

import (
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// sourceRoot is the base that code hosts resolve against the root of the
// repository.
const sourceRoot = "%SRCROOT%"

// fingerprintName names our fingerprints; the version changes with what they
// are made of.
const fingerprintName = "inshoreFinding/v1"

// WriteSARIF writes the report as SARIF 2.1.0 (OASIS, with errata 01), which
// code hosts show beside the code. Excepted findings are suppressed results.
func (r *Report) WriteSARIF(w io.Writer, p Presentation) error {
	index := make(map[string]int, len(p.Rules))
	driver := sarifDriver{Name: "Inshore", Version: p.Version, Rules: []sarifRule{}}
	for i, rule := range p.Rules {
		index[rule.ID] = i
		driver.Rules = append(driver.Rules, sarifRuleOf(rule))
	}
	results := make([]sarifResult, 0, len(r.Results)+len(r.Excepted))
	for _, result := range r.Results {
		results = append(results, sarifResultOf(result, index, p))
	}
	for _, excepted := range r.Excepted {
		result := sarifResultOf(excepted.Result, index, p)
		result.Suppressions = []sarifSuppression{{
			Kind: "external", Status: "accepted",
			Justification: excepted.until() + ": " + excepted.why(),
		}}
		results = append(results, result)
	}
	return output.JSON(w, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs: []sarifRun{{
			Tool:       sarifTool{driver},
			ColumnKind: "unicodeCodePoints",
			Results:    results,
		}},
	})
}

func sarifRuleOf(rule policies.Rule) sarifRule {
	return sarifRule{
		ID: rule.ID,
		// Code hosts cut a short description at a line's length.
		ShortDescription: sarifText{Text: rule.Title},
		FullDescription:  sarifText{Text: rule.Description},
		Help: sarifText{
			Text:     rule.Description + "\n\nFix: " + rule.Remedy,
			Markdown: rule.Description + "\n\n**Fix:** " + rule.Remedy,
		},
		DefaultConfiguration: sarifConfiguration{Level: string(rule.Severity)},
		Properties:           map[string]any{"kinds": rule.Kinds, "since": rule.Since, "tags": []string{"kubernetes", "reliability"}},
	}
}

func sarifResultOf(result Result, index map[string]int, p Presentation) sarifResult {
	message := result.Message
	if result.Remedy != "" {
		message += "\n\nFix: " + result.Remedy
	}
	sarif := sarifResult{
		RuleID: result.ID, Level: string(result.Severity),
		Message:             sarifText{Text: message},
		Locations:           []sarifLocation{{PhysicalLocation: sarifPlace(result, p)}},
		PartialFingerprints: map[string]string{fingerprintName: result.Fingerprint},
	}
	if i, ok := index[result.ID]; ok {
		sarif.RuleIndex = &i
	}
	if result.Kind != "" {
		sarif.Locations[0].LogicalLocations = []sarifLogical{{Name: result.Name, FullyQualifiedName: result.Ref().Title(), Kind: "resource"}}
	}
	properties := map[string]any{}
	for key, value := range map[string]string{"field": result.Field, "template": result.Source} {
		if value != "" {
			properties[key] = value
		}
	}
	sarif.Properties = properties
	return sarif
}

func sarifPlace(result Result, p Presentation) sarifPhysical {
	place := sarifPhysical{Region: sarifRegion{StartLine: max(1, result.Line)}}
	place.ArtifactLocation.URI, place.ArtifactLocation.URIBaseID = fileURI(result.File, p.Folder)
	line := p.Source.Line(result.File, result.Line)
	place.Region.StartColumn, place.Region.EndColumn = span(line, result.Field)
	if strings.TrimSpace(line) != "" {
		place.Region.Snippet = &sarifText{Text: line}
	}
	return place
}

// fileURI is a file relative to the root of the sources, or with the whole of
// its path if it lies outside the working folder.
func fileURI(file, folder string) (uri, base string) {
	if file == manifest.Stdin {
		return "stdin", sourceRoot
	}
	path := relative(file, folder)
	if filepath.IsAbs(path) {
		return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String(), ""
	}
	return (&url.URL{Path: filepath.ToSlash(path)}).String(), sourceRoot
}

// relative is the path of a file from the folder that it lies in, else its
// absolute path.
func relative(file, folder string) string {
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	inside, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(inside) {
		return path
	}
	return inside
}
