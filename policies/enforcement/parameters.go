package enforcement

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Parameters are what policies say to rules about an object: by the id of the
// rule, the value of the first policy in precedence that chooses the object and
// names the rule; nil if none does. It makes no difference what the policy
// enforces, nor whether it holds for the object: rules judge what nobody enforces
// too. They are not to be changed.
func (s *Set) Parameters(object input.Object, namespace input.Namespace) input.Parameters {
	if s == nil {
		return nil
	}
	var found input.Parameters
	shared := false
	for _, policy := range s.policies {
		if len(policy.parameters) == 0 || !policy.chooses(object, namespace) {
			continue
		}
		if found == nil {
			found, shared = policy.parameters, true // as it nearly always stays
			continue
		}
		for rule, value := range policy.parameters {
			if _, known := found[rule]; known {
				continue
			}
			if shared {
				found, shared = found.Clone(), false
			}
			found[rule] = value
		}
	}
	return found
}

var errParameters = errors.New("not an object with an object for the id of each rule")

// parameters are those of a spec as Rego has them: whole numbers stay what they are.
func parameters(spec *v1alpha1.NodeLocalPolicySpec) (input.Parameters, error) {
	source, err := json.Marshal(spec.Parameters)
	if err != nil {
		return nil, fmt.Errorf("reading spec.parameters: %w", errParameters)
	}
	decoder := json.NewDecoder(bytes.NewReader(source))
	decoder.UseNumber()
	var read input.Parameters
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("reading spec.parameters: %w", errParameters)
	}
	return read, nil
}
