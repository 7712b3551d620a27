package review

import (
	"fmt"
	"io"

	"github.com/inshore-dev/inshore/policies"
)

// Format is how a report is written.
type Format string

// The formats; the first is the default.
const (
	FormatText     Format = "text"
	FormatJSON     Format = "json"
	FormatSARIF    Format = "sarif"
	FormatJUnit    Format = "junit"
	FormatGitHub   Format = "github"
	FormatMarkdown Format = "markdown"
)

// Formats are all formats.
var Formats = []Format{FormatText, FormatJSON, FormatSARIF, FormatJUnit, FormatGitHub, FormatMarkdown}

// Presentation is what formats show besides the report itself.
type Presentation struct {
	// Source shows the lines that results are about.
	Source *Source
	// Style is for text.
	Style Style
	// Rules explain the ids of the results.
	Rules []policies.Rule
	// Version is Inshore's own.
	Version string
	// Folder is the working folder, an absolute path: code hosts want files
	// named relative to it.
	Folder string
	// FailOn is the least severity that makes a check fail.
	FailOn policies.Severity
}

// Write writes the report in a format. All formats hold the same results; none
// decides anything.
func (r *Report) Write(w io.Writer, format Format, p Presentation) error {
	switch format {
	case FormatText:
		return r.WriteText(w, p.Source, p.Style)
	case FormatJSON:
		return r.WriteJSON(w)
	case FormatSARIF:
		return r.WriteSARIF(w, p)
	case FormatJUnit:
		return r.WriteJUnit(w, p.FailOn)
	case FormatGitHub:
		return r.WriteGitHub(w, p)
	case FormatMarkdown:
		return r.WriteMarkdown(w, p.Rules)
	}
	return fmt.Errorf("no format %q; there are %v", format, Formats)
}
