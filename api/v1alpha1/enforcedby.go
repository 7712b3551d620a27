package v1alpha1

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// EnforcedBy is the NodeLocalPolicy that an object follows and what it says, kept
// in [AnnotationEnforcedBy]. An object follows the words that stand there until
// the policy's roll-out has brought it those of today, so that a policy which is
// edited changes no object by surprise; node agents read them too and need to know
// nothing of policies.
type EnforcedBy struct {
	// Policy is the name of the NodeLocalPolicy.
	Policy string `json:"policy"`
	// Words are the policy's defaults as annotations, without [Prefix].
	Words map[string]string `json:"words"`
	// OptOut is Forbidden where the policy's words hold even for an object that is
	// annotated node-local: disabled.
	OptOut OptOut `json:"optOut,omitempty"`
}

// NewEnforcedBy is what a policy writes into the objects that follow it.
func NewEnforcedBy(policy string, words Intent, optOut OptOut) EnforcedBy {
	e := EnforcedBy{Policy: policy, Words: map[string]string{}}
	for key, value := range words.Annotations() {
		e.Words[strings.TrimPrefix(key, Prefix)] = value
	}
	if optOut == OptOutForbidden {
		e.OptOut = optOut
	}
	return e
}

var errEnforcedBy = errors.New(`not a JSON object like {"policy": "everyone", "words": {"node-local": "required"}}`)

// ParseEnforcedBy reads the annotation's value. The error says what is wrong with
// it.
func ParseEnforcedBy(value string) (EnforcedBy, error) {
	var e EnforcedBy
	if err := jsonv2.Unmarshal([]byte(value), &e, jsonv2.RejectUnknownMembers(true)); err != nil || e.Policy == "" || len(e.Words) == 0 {
		return EnforcedBy{}, fmt.Errorf("reading %s: %w", AnnotationEnforcedBy, errEnforcedBy)
	}
	if _, err := e.intent(); err != nil {
		return EnforcedBy{}, fmt.Errorf("reading %s: %w", AnnotationEnforcedBy, err)
	}
	return e, nil
}

// String is the annotation's value: JSON with sorted keys, so that the same policy
// always writes the same text.
func (e EnforcedBy) String() string {
	// Strings and a map of strings always encode.
	b, _ := jsonv2.Marshal(e, jsonv2.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	return string(b)
}

// Under is the Intent of an object that follows the policy and says own itself.
func (e EnforcedBy) Under(own Intent) Intent {
	if own.NodeLocal == NodeLocalDisabled {
		if e.OptOut != OptOutForbidden {
			return own
		}
		own.NodeLocal = ""
	}
	words, err := e.intent()
	if err != nil {
		return own // ParseEnforcedBy lets none of these pass
	}
	return own.Over(words)
}

// intent is what the words say. Which kind may carry which word was the API
// server's to check: whatever does not concern the object's kind has no effect.
func (e EnforcedBy) intent() (Intent, error) {
	var intent Intent
	for _, name := range slices.Sorted(maps.Keys(e.Words)) {
		i := slices.IndexFunc(words, func(w word) bool { return w.key == Prefix+name })
		if i < 0 || slices.Contains(recorded, words[i].key) {
			return Intent{}, fmt.Errorf("there is no word %q", shown(name))
		}
		if problem := words[i].read(e.Words[name], &intent); problem != nil {
			return Intent{}, fmt.Errorf("%q of %s: %s", shown(e.Words[name]), shown(name), problem.detail)
		}
	}
	return intent, nil
}
