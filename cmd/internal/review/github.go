package review

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

// WriteGitHub writes the report as workflow commands of GitHub Actions, which
// shows them at their lines in a pull request (ten errors and ten warnings a
// step), and the summary for the step's log.
func (r *Report) WriteGitHub(w io.Writer, p Presentation) error {
	out := bufio.NewWriter(w)
	for _, result := range r.Results {
		text := result.Message
		if result.Remedy != "" {
			text += "\nFix: " + result.Remedy
		}
		writeCommand(out, string(result.Severity), result, result.ID, text, p)
	}
	for _, excepted := range r.Excepted {
		text := fmt.Sprintf("%s\n%s: %s", excepted.Message, excepted.until(), excepted.why())
		writeCommand(out, "notice", excepted.Result, excepted.ID+" excepted", text, p)
	}
	out.WriteString(r.summary(Style{}))
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing annotations: %w", err)
	}
	return nil
}

func writeCommand(out *bufio.Writer, command string, result Result, title, text string, p Presentation) {
	if object := result.title(); object != "" {
		title += " " + object
	}
	var properties []string
	add := func(key, value string) { properties = append(properties, key+"="+escapeProperty.Replace(value)) }
	if result.File != manifest.Stdin { // an annotation needs a file of the repository
		add("file", strings.ReplaceAll(relative(result.File, p.Folder), `\`, "/"))
		add("line", fmt.Sprint(result.Line))
		if start, end := span(p.Source.Line(result.File, result.Line), result.Field); start > 0 {
			add("col", fmt.Sprint(start))
			add("endColumn", fmt.Sprint(end))
		}
	} else {
		text = result.place() + "\n" + text
	}
	add("title", title)
	fmt.Fprintf(out, "::%s %s::%s\n", command, strings.Join(properties, ","), escapeData.Replace(text))
}

// A command ends with its line, and a property at a comma or a colon; the runner
// decodes these and no others.
var (
	escapeData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	escapeProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
