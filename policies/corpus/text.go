package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// latest is the cluster of a case that names none: the one that tests run.
var latest = v1alpha1.Version{Major: 1, Minor: 36}

// gone stands for the value of a leaf that mutation removes.
const gone = "gone"

// Parse reads a case. A line that means nothing is an error.
func Parse(name string, text []byte) (*Case, error) {
	archive := txtar.Parse(text)
	c := &Case{Name: name, Platform: v1alpha1.Platform{Kubernetes: latest}, Not: map[Door]string{}}
	var about []string
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		if is, err := c.setting(line); err != nil {
			return nil, fmt.Errorf("case %s: %w", name, err)
		} else if !is && line != "" {
			about = append(about, line)
		}
	}
	c.About = strings.Join(about, "\n")
	for _, file := range archive.Files {
		var err error
		switch file.Name {
		case "input.yaml":
			c.Input = file.Data
		case "stored.yaml":
			c.Stored = file.Data
		case "policies.yaml":
			c.Policies = file.Data
		case "mutations":
			c.Mutations, err = parseMutations(file.Data)
		case "verdicts":
			c.Verdicts, err = parseVerdicts(file.Data)
		default:
			err = fmt.Errorf("there is no file %q in cases", file.Name)
		}
		if err != nil {
			return nil, fmt.Errorf("case %s: %w", name, err)
		}
	}
	return c, nil
}

// setting reads a line of the comment, if it is a setting.
func (c *Case) setting(line string) (is bool, err error) {
	key, value, found := strings.Cut(line, ": ")
	switch {
	case !found:
		return false, nil
	case key == "input":
		c.InputFile = value
	case key == "kubernetes":
		_, err = fmt.Sscanf(value, "%d.%d", &c.Platform.Kubernetes.Major, &c.Platform.Kubernetes.Minor)
	case key == "readiness-gate":
		c.Platform.ReadinessGate = v1alpha1.ReadinessGate(value)
	case key == "refused":
		c.Refused = append(c.Refused, value)
	case strings.HasPrefix(key, "not "):
		door := Door(strings.TrimPrefix(key, "not "))
		if !slices.Contains([]Door{DoorAdmission, DoorReview, DoorAudit, DoorNative}, door) {
			return true, fmt.Errorf("there is no door %q", door)
		}
		c.Not[door] = value
	default:
		return false, nil
	}
	return true, err
}

func parseMutations(text []byte) ([]Mutation, error) {
	var mutations []Mutation
	for line := range strings.Lines(string(text)) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 4)
		if len(parts) != 4 {
			return nil, fmt.Errorf("mutation %q is not: kind namespace/name pointer value", line)
		}
		m := Mutation{Object: parts[0] + " " + parts[1], Pointer: parts[2]}
		if parts[3] != gone {
			m.Value = json.RawMessage(parts[3])
		}
		mutations = append(mutations, m)
	}
	return mutations, nil
}

func parseVerdicts(text []byte) ([]Verdict, error) {
	var verdicts []Verdict
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if message, is := strings.CutPrefix(line, "  "); is && len(verdicts) > 0 {
			verdicts[len(verdicts)-1].Message = message
			continue
		}
		parts := strings.SplitN(line, " ", 5)
		if len(parts) < 4 {
			return nil, fmt.Errorf("verdict %q is not: severity id kind namespace/name field", line)
		}
		v := Verdict{Severity: parts[0], ID: parts[1], Object: parts[2] + " " + parts[3]}
		if len(parts) == 5 {
			v.Field = parts[4]
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// Format writes a case, so that Parse reads it again.
func (c *Case) Format() []byte {
	var comment, mutations, verdicts bytes.Buffer
	fmt.Fprintf(&comment, "%s\n\n", c.About)
	setting := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&comment, "%s: %s\n", key, value)
		}
	}
	setting("input", c.InputFile)
	if c.Platform.Kubernetes != latest {
		setting("kubernetes", c.Platform.Kubernetes.String())
	}
	setting("readiness-gate", string(c.Platform.ReadinessGate))
	for _, door := range slices.Sorted(maps.Keys(c.Not)) {
		setting("not "+string(door), c.Not[door])
	}
	for _, object := range c.Refused {
		setting("refused", object)
	}
	for _, m := range c.Mutations {
		value := gone
		if m.Value != nil {
			value = string(m.Value)
		}
		fmt.Fprintf(&mutations, "%s %s %s\n", m.Object, m.Pointer, value)
	}
	for _, v := range c.Verdicts {
		fmt.Fprintf(&verdicts, "%s\n  %s\n", strings.TrimSpace(strings.Join([]string{v.Severity, v.ID, v.Object, v.Field}, " ")), v.Message)
	}
	archive := &txtar.Archive{Comment: comment.Bytes()}
	if c.Policies != nil {
		archive.Files = append(archive.Files, txtar.File{Name: "policies.yaml", Data: c.Policies})
	}
	if c.Stored != nil {
		archive.Files = append(archive.Files, txtar.File{Name: "stored.yaml", Data: c.Stored})
	}
	if c.InputFile == "" {
		archive.Files = append(archive.Files, txtar.File{Name: "input.yaml", Data: c.Input})
	}
	archive.Files = append(archive.Files,
		txtar.File{Name: "mutations", Data: mutations.Bytes()}, txtar.File{Name: "verdicts", Data: verdicts.Bytes()})
	return txtar.Format(archive)
}
