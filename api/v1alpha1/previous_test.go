package v1alpha1_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestParsePrevious(t *testing.T) {
	tests := map[string]struct {
		value   string
		want    v1alpha1.Previous
		wantErr string
	}{
		"nothing is an empty record": {},
		"a field that was replaced": {
			value: `{"/spec/a":{"from":"Cluster","to":"Local"}}`,
			want:  v1alpha1.Previous{"/spec/a": {From: json.RawMessage(`"Cluster"`), To: json.RawMessage(`"Local"`)}},
		},
		"a field that was absent": {
			value: `{"/spec/a":{"to":{"b":[1]}}}`,
			want:  v1alpha1.Previous{"/spec/a": {To: json.RawMessage(`{"b":[1]}`)}},
		},
		"half an object":         {value: `{"/spec/a":`, wantErr: "not a JSON object"},
		"a list":                 {value: `[]`, wantErr: "not a JSON object"},
		"two objects":            {value: `{} {}`, wantErr: "not a JSON object"},
		"the same pointer twice": {value: `{"/a":{"to":1},"/a":{"to":2}}`, wantErr: "not a JSON object"},
		"a field we do not know": {value: `{"/a":{"to":1,"by":"me"}}`, wantErr: "not a JSON object"},
		"no pointer":             {value: `{"spec":{"to":1}}`, wantErr: `"spec" is not a JSON pointer`},
		"an empty pointer":       {value: `{"":{"to":1}}`, wantErr: `"" is not a JSON pointer`},
		"no to":                  {value: `{"/a":{"from":1}}`, wantErr: `"/a" has no "to"`},
		"of two mistakes always the same": {
			value: `{"c":{"to":1},"b":{"to":1},"a":{"to":1}}`, wantErr: `"a" is not a JSON pointer`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := v1alpha1.ParsePrevious(test.value)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Fatalf("got error %v, want one that says %s", err, test.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if text := got.String(); text != test.value {
				t.Errorf("written back as %s, want %s", text, test.value)
			}
		})
	}
}

func TestPreviousIsAlwaysTheSameText(t *testing.T) {
	one := json.RawMessage("1")
	record := v1alpha1.Previous{"/b": {To: one}, `/a"~1`: {From: one, To: one}, "/c": {To: one}}
	want := `{"/a\"~1":{"from":1,"to":1},"/b":{"to":1},"/c":{"to":1}}`
	for range 10 {
		if got := record.String(); got != want {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}
