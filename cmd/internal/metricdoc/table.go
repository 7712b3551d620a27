package metricdoc

import (
	"fmt"
	"os"
	"strings"
)

// Table is the metrics that begin with one of the prefixes, in Markdown.
func Table(metrics []Metric, prefixes ...string) string {
	var text strings.Builder
	text.WriteString("| metric | type | labels | meaning |\n|---|---|---|---|\n")
	for _, metric := range metrics {
		for _, prefix := range prefixes {
			if strings.HasPrefix(metric.Name, prefix) {
				labels := ""
				if len(metric.Labels) > 0 {
					labels = "`" + strings.Join(metric.Labels, "`, `") + "`"
				}
				fmt.Fprintf(&text, "| `%s` | %s | %s | %s |\n", metric.Name, metric.Type, labels, strings.ReplaceAll(metric.Help, "|", `\|`))
				break
			}
		}
	}
	return text.String()
}

// Section is the generated part of a page: between the comments
// <!-- begin NAME --> and <!-- end NAME -->.
func Section(page, name string) (before, section, after string, err error) {
	begin, end := fmt.Sprintf("<!-- begin %s -->\n", name), fmt.Sprintf("<!-- end %s -->", name)
	before, rest, found := strings.Cut(page, begin)
	section, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", "", fmt.Errorf("the page lacks %s or %s", strings.TrimSpace(begin), end)
	}
	return before + begin, section, end + after, nil
}

// Write puts a table in place of a section of a file.
func Write(file, name, table string) error {
	page, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the page of metrics: %w", err)
	}
	before, _, after, err := Section(string(page), name)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if err := os.WriteFile(file, []byte(before+table+after), 0o644); err != nil {
		return fmt.Errorf("writing the page of metrics: %w", err)
	}
	return nil
}
