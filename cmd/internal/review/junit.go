package review

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies"
)

// The elements of JUnit's report, in the form that Jenkins publishes a schema
// for and GitLab, CircleCI, Azure and others read.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}

	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}

	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		Time      string        `xml:"time,attr"`
		Skipped   *string       `xml:"skipped,omitempty"`
		Failure   *junitFailure `xml:"failure,omitempty"`
		Output    *string       `xml:"system-out,omitempty"`
	}

	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes the report as JUnit XML: a suite for each file, a case for
// each finding and one for each object without any. What does not make the
// review fail does not fail here either: a warning below failOn passes and says
// so in its output, an excepted finding is skipped.
func (r *Report) WriteJUnit(w io.Writer, failOn policies.Severity) error {
	report := junitSuites{Name: "inshore review"}
	groups := map[string]fileGroup{}
	for _, group := range r.byFile() {
		groups[group.file] = group
	}
	clean := r.cleanObjects()
	for _, file := range sortedFiles(groups, clean) {
		suite := junitSuiteOf(FileName(file), groups[file], clean[file], failOn)
		report.Tests += suite.Tests
		report.Failures += suite.Failures
		report.Suites = append(report.Suites, suite)
	}
	out, err := xml.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	// Line breaks stand in text only, where people like to see them as such.
	out = bytes.ReplaceAll(out, []byte("&#xA;"), []byte("\n"))
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, out); err != nil {
		return fmt.Errorf("writing JUnit: %w", err)
	}
	return nil
}

func junitSuiteOf(name string, group fileGroup, clean []Ref, failOn policies.Severity) junitSuite {
	suite := junitSuite{Name: name}
	for _, result := range group.results {
		c := junitCaseOf(name, result)
		text := fmt.Sprintf("%s: %s\n%s\nFix: %s\n", result.place(), result.Severity, result.Message, result.Remedy)
		if result.fails(failOn) {
			c.Failure = &junitFailure{Type: result.ID, Message: oneLine(result.Message), Text: text}
			suite.Failures++
		} else {
			c.Output = &text
		}
		suite.Cases = append(suite.Cases, c)
	}
	for _, excepted := range group.excepted {
		c := junitCaseOf(name, excepted.Result)
		reason := excepted.until() + ": " + excepted.why()
		c.Skipped = &reason
		suite.Skipped++
		suite.Cases = append(suite.Cases, c)
	}
	for _, ref := range clean {
		suite.Cases = append(suite.Cases, junitCase{Name: output.Printable(ref.Title()), ClassName: name, Time: "0"})
	}
	suite.Tests = len(suite.Cases)
	return suite
}

func junitCaseOf(suite string, result Result) junitCase {
	name := result.ID
	if title := result.title(); title != "" {
		name += " " + title
	}
	if result.Field != "" {
		name += " " + result.Field
	}
	return junitCase{Name: name, ClassName: suite, Time: "0"}
}
