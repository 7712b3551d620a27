package policy

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Skeleton is a rule to begin with.
type Skeleton struct {
	ID   string
	Kind v1alpha1.Kind
	// Folder is where the rule goes; its last element names the rule.
	Folder string
}

var (
	skeletonID   = regexp.MustCompile(`^([A-Z]{2,})[0-9]{3,}$`)
	skeletonName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
)

// Write writes the rule and its test, and returns their paths. It overwrites
// nothing.
func (s Skeleton) Write() ([]string, error) {
	letters := skeletonID.FindStringSubmatch(s.ID)
	if letters == nil || strings.HasPrefix(s.ID, "ISH") {
		return nil, fmt.Errorf("%q is no id for a rule: take two or more capital letters and three or more digits, not ISH, for example ACME001", s.ID)
	}
	name := filepath.Base(filepath.Clean(s.Folder))
	if !skeletonName.MatchString(name) {
		return nil, fmt.Errorf("%q is no name for a rule: take small letters, digits and underscores, for example port_name", name)
	}
	replacer := strings.NewReplacer("ID", s.ID, "KIND", string(s.Kind), "SCHEMA", strings.ToLower(string(s.Kind)),
		"PACKAGE", strings.ToLower(letters[1])+"."+name, "NAME", name)
	files := map[string]string{name + ".rego": skeletonRule, name + "_test.rego": skeletonTest}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return nil, fmt.Errorf("beginning a rule: %w", err)
	}
	var written []string
	for _, file := range []string{name + ".rego", name + "_test.rego"} {
		path := filepath.Join(s.Folder, file)
		out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			return written, fmt.Errorf("%s is there already", path)
		}
		if err != nil {
			return written, fmt.Errorf("beginning a rule: %w", err)
		}
		_, err = replacer.WriteString(out, files[file])
		if err := errors.Join(err, out.Close()); err != nil {
			return written, fmt.Errorf("beginning a rule: %w", err)
		}
		written = append(written, path)
	}
	return written, nil
}

const skeletonRule = `# METADATA
# title: What is wrong, in one line
# description: |
#   What breaks, and why, for the people whom the rule stops.
# schemas:
#   - input: schema.SCHEMA
# custom:
#   id: ID
#   severity: warning
#   kinds: [KIND]
#   message: "{object}: the label {label} is missing."
#   remedy: Add the label {label} with the name of your team.
package PACKAGE

import data.inshore.lib.intent

_label := "team"

violation contains finding if {
	intent.opted_in
	labels := object.get(input.object.metadata, "labels", {})
	not labels[_label]
	finding := {"field": "metadata.labels", "values": {"label": _label}}
}
`

const skeletonTest = `package PACKAGE_test

import data.PACKAGE

_input(node_local, labels) := {
	"intent": {"nodeLocal": node_local},
	"object": {"metadata": {"labels": labels}},
}

test_a_label_that_is_missing_is_reported if {
	NAME.violation == {{"field": "metadata.labels", "values": {"label": "team"}}} with input as _input("required", {})
}

test_a_label_is_enough if {
	count(NAME.violation) == 0 with input as _input("required", {"team": "core"})
}

test_what_did_not_opt_in_is_left_alone if {
	count(NAME.violation) == 0 with input as _input("disabled", {})
}
`
