package input_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
)

func TestOfATemplatesAnnotationsOurKeysAreKept(t *testing.T) {
	for sentence, test := range map[string]struct {
		source string
		want   input.Keys
	}{
		"ours, without what they say": {`{"inshore.dev/drain": "15s", "vault.example.com/token": "secret"}`, input.Keys{"inshore.dev/drain": ""}},
		"none of ours":                {`{"prometheus.io/scrape": "true"}`, nil},
		"ours in a value only":        {`{"link": "https://inshore.dev/docs"}`, nil},
		"nothing":                     {`null`, nil},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := input.PodTemplateMetadata{Annotations: input.Keys{"inshore.dev/before": ""}}
			if err := json.Unmarshal([]byte(`{"annotations": `+test.source+`}`), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Annotations); diff != "" && test.source != "null" {
				t.Error(diff)
			}
			again, err := json.Marshal(got.Annotations)
			if err != nil {
				t.Fatal(err)
			}
			var back input.Keys
			if err := json.Unmarshal(again, &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, back); diff != "" {
				t.Errorf("by its own JSON: %s", diff)
			}
		})
	}
	if err := json.Unmarshal([]byte(`{"annotations": ["inshore.dev/drain"]}`), new(input.PodTemplateMetadata)); err == nil {
		t.Error("a list was read as annotations")
	}
}
