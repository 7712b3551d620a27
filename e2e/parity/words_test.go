package parity

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/corpus"
)

// words takes apart what an API server says: there a finding's message and
// remedy are one text.
type words struct {
	// remedies are by rule id, as expressions that match the end of a text.
	remedies map[string]*regexp.Regexp
}

func newWords(t *testing.T) words {
	t.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := words{remedies: map[string]*regexp.Regexp{}}
	for _, rule := range engine.Rules() {
		pattern := placeholder.ReplaceAllString(regexp.QuoteMeta(rule.Remedy), ".*")
		w.remedies[rule.ID] = regexp.MustCompile(`(\. |^)` + pattern + `$`)
	}
	return w
}

var placeholder = regexp.MustCompile(`\\\{\w+\\\}`)

// finding is one finding of the object in an API server's words.
func (w words) finding(severity, object, id, field, text string) corpus.Verdict {
	text = wayOut.ReplaceAllString(text, "")
	if at := w.remedies[id].FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return compared(corpus.Verdict{Severity: severity, ID: id, Object: object, Field: field, Message: text})
}

// wayOut is what follows the remedy where a policy is what cannot be followed; a
// long warning may be cut within it.
var wayOut = regexp.MustCompile(` (To leave the object out|The policy allows no opting out).*$`)

// compared is a verdict in the form that is compared: findings about
// annotations begin with the field at some doors, and a full stop may be lost
// where the remedy follows.
func compared(v corpus.Verdict) corpus.Verdict {
	v.Message = strings.TrimSuffix(strings.TrimPrefix(v.Message, v.Field+": "), ".")
	return v
}

// placed is a finding as warnings and the messages of policies have it: id,
// field if there is one, text.
var placed = regexp.MustCompile(`^([A-Z]{2,}\d{3,})(?: (\S+))?: (.*)$`)

// webhook are the findings in an answer with the webhooks in force. An error
// that is not a refusal by us is returned.
func (w words) webhook(object string, a answer) ([]corpus.Verdict, error) {
	var found []corpus.Verdict
	status := (*apierrors.StatusError)(nil)
	refused := a.err != nil && strings.Contains(a.err.Error(), "validate.inshore.dev") && errors.As(a.err, &status)
	switch {
	case refused:
		for _, cause := range status.ErrStatus.Details.Causes {
			id := string(cause.Type)
			found = append(found, w.finding("error", object, id, cause.Field, strings.TrimSuffix(cause.Message, " ("+id+")")))
		}
	case a.err != nil:
		return nil, a.err
	}
	return append(found, w.warned(object, a.warnings)...), nil
}

// warned are the findings among warnings. A long one has its remedy in a second
// line, which has no field.
func (w words) warned(object string, warnings []string) []corpus.Verdict {
	var found []corpus.Verdict
	for _, warning := range warnings {
		parts := placed.FindStringSubmatch(warning)
		if parts == nil || w.remedies[parts[1]] == nil {
			continue // mutation's own, or the API server's
		}
		if at := w.remedies[parts[1]].FindStringIndex(wayOut.ReplaceAllString(parts[3], "")); parts[2] == "" && at != nil && at[0] == 0 {
			continue
		}
		found = append(found, w.finding("warning", object, parts[1], parts[2], parts[3]))
	}
	return found
}

// native are the findings in an answer with the policies in force.
func (w words) native(object string, a answer) ([]corpus.Verdict, error) {
	var found []corpus.Verdict
	if a.err != nil {
		_, text, denied := strings.Cut(a.err.Error(), "denied request: ")
		if !denied {
			return nil, a.err
		}
		found = w.listed("error", object, violations.ReplaceAllString(text, ""))
	}
	for _, warning := range a.warnings {
		if at := validationFailed.FindStringIndex(warning); at != nil {
			found = append(found, w.listed("warning", object, warning[at[1]:])...)
		}
	}
	return found, nil
}

var (
	violations       = regexp.MustCompile(`^\d+ violations: `)
	validationFailed = regexp.MustCompile(`^Validation failed for ValidatingAdmissionPolicy '[^']*' with binding '[^']*': `)
)

// listed are findings in one line.
func (w words) listed(severity, object, text string) []corpus.Verdict {
	var found []corpus.Verdict
	for _, one := range strings.Split(text, " | ") {
		parts := placed.FindStringSubmatch(one)
		if parts == nil {
			if strings.HasPrefix(one, "inshore: ") {
				continue // what becomes of an opt-out
			}
			found = append(found, corpus.Verdict{Severity: severity, ID: "none", Object: object, Message: one})
			continue
		}
		found = append(found, w.finding(severity, object, parts[1], parts[2], parts[3]))
	}
	return found
}

// wanted are the case's findings about an object in the form that is compared.
func wanted(c *corpus.Case, object string, keep func(corpus.Verdict) bool) []corpus.Verdict {
	var found []corpus.Verdict
	for _, v := range c.Verdicts {
		if v.Object == object && keep(v) {
			found = append(found, compared(v))
		}
	}
	return sorted(found)
}

func sorted(found []corpus.Verdict) []corpus.Verdict {
	corpus.SortVerdicts(found)
	return slices.Clip(found)
}

// didYouMean is what CEL cannot say: it computes no edit distance.
var didYouMean = regexp.MustCompile(`; did you mean "[^"]*"\?`)

func withoutDidYouMean(found []corpus.Verdict) []corpus.Verdict {
	for i := range found {
		found[i].Message = didYouMean.ReplaceAllString(found[i].Message, "")
	}
	return sorted(found)
}
