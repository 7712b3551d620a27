package enforcement_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
)

// parameters are those of a spec, as JSON.
func parameters(text string) change {
	return func(s *v1alpha1.NodeLocalPolicySpec) {
		if text != "" {
			if err := json.Unmarshal([]byte(`{"parameters":`+text+`}`), s); err != nil {
				panic(err) // a test's own text
			}
		}
	}
}

func encode(t interface{ Fatal(...any) }, p input.Parameters) string {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatPoliciesSayToRules(t *testing.T) {
	for sentence, test := range map[string]struct {
		policies []*v1alpha1.NodeLocalPolicy
		want     string
	}{
		"nothing":                              {nil, `null`},
		"what the only policy says":            {[]*v1alpha1.NodeLocalPolicy{policy("a", parameters(`{"ISH203":{"paths":["/run"]}}`))}, `{"ISH203":{"paths":["/run"]}}`},
		"a large number stays what it is":      {[]*v1alpha1.NodeLocalPolicy{policy("a", parameters(`{"TEAM1":{"n":12345678901234567}}`))}, `{"TEAM1":{"n":12345678901234567}}`},
		"of two the first by precedence":       {[]*v1alpha1.NodeLocalPolicy{policy("a", parameters(`{"ISH203":{"n":1}}`)), policy("b", priority(1), parameters(`{"ISH203":{"n":2}}`))}, `{"ISH203":{"n":2}}`},
		"and the other where that is silent":   {[]*v1alpha1.NodeLocalPolicy{policy("a", parameters(`{"ISH203":{"n":1},"TEAM1":{}}`)), policy("b", priority(1), parameters(`{"ISH203":{"n":2}}`))}, `{"ISH203":{"n":2},"TEAM1":{}}`},
		"not what is said about others":        {[]*v1alpha1.NodeLocalPolicy{policy("a", objects("tier", "web"), parameters(`{"ISH203":{}}`))}, `null`},
		"also by one without words of its own": {[]*v1alpha1.NodeLocalPolicy{policy("a", func(s *v1alpha1.NodeLocalPolicySpec) { s.Services, s.DaemonSets = nil, nil }, parameters(`{"ISH203":{"n":1}}`))}, `{"ISH203":{"n":1}}`},
	} {
		t.Run(sentence, func(t *testing.T) {
			set := enforcement.New(test.policies)
			// Twice: the first must not have changed what the second is made of.
			for range 2 {
				if got := encode(t, set.Parameters(service(), namespace("core"))); got != test.want {
					t.Errorf("got %s, want %s", got, test.want)
				}
			}
		})
	}
}

func TestAPolicyThatCannotBeFollowedSaysWhy(t *testing.T) {
	for want, change := range map[string]change{
		`reading spec.namespaceSelector: "Near" is not a valid label selector operator`: namespacesBy("team", "Near", "x"),
		`reading spec.objectSelector: `: func(s *v1alpha1.NodeLocalPolicySpec) {
			s.ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"a b": "c"}}
		},
	} {
		held := enforcement.New([]*v1alpha1.NodeLocalPolicy{policy("a", change)}).Policies()[0]
		if got := fmt.Sprint(held.Problem); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
