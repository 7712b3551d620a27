package policy

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// List is a set of rules, for programs.
type List struct {
	// Revision is the content hash that decisions of these rules carry.
	Revision string          `json:"revision"`
	Rules    []policies.Rule `json:"rules"`
}

// WriteText writes a table for people.
func (l List) WriteText(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSEVERITY\tJUDGES\tSOURCE\tTITLE")
	for _, rule := range l.Rules {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", rule.ID, rule.Severity, kinds(rule), cmp.Or(rule.Bundle, "built-in"), rule.Title)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	return nil
}

// WriteJSON writes the list with all that METADATA says.
func (l List) WriteJSON(w io.Writer) error { return output.JSON(w, l) }

// WriteYAML writes what WriteJSON does, in YAML.
func (l List) WriteYAML(w io.Writer) error {
	text, err := yaml.Marshal(l)
	if err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	_, err = w.Write(text)
	return err
}

func kinds(rule policies.Rule) string {
	var names []string
	for _, kind := range rule.Kinds {
		names = append(names, string(kind))
	}
	return strings.Join(names, ",")
}
