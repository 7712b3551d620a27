package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeStrict(t *testing.T) {
	type object struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Items      []struct {
			Name string `json:"name"`
		} `json:"items"`
	}
	for name, test := range map[string]struct {
		text string
		want []string // line and message
	}{
		"what is known is read": {"apiVersion: v1\nkind: X\nitems:\n- name: a\n", nil},
		"each unknown field is named with its line": {
			"apiVersion: v1\nkind: X\nitems:\n- name: a\n  nmae: b\n- Name: c\nspec: {}\n",
			[]string{`f.yaml:5: not a X: unknown field "items[0].nmae"`, `f.yaml:6: not a X: unknown field "items[1].Name"`, `f.yaml:7: not a X: unknown field "spec"`},
		},
		"a value of the wrong type is as in Decode": {
			"apiVersion: v1\nkind: X\nitems:\n- name: 1\n", []string{"f.yaml:4: not a X: items.name is a number, and must be a string"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects, problems := Parse("f.yaml", []byte(test.text))
			if len(objects) != 1 || len(problems) > 0 {
				t.Fatalf("%d objects, %v", len(objects), problems)
			}
			var into object
			var got []string
			for _, problem := range objects[0].DecodeStrict(&into) {
				got = append(got, problem.Error())
				if problem.Remedy == "" {
					t.Errorf("no remedy: %v", problem)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if len(got) == 0 && strings.TrimSpace(into.Items[0].Name) != "a" {
				t.Errorf("read %+v", into)
			}
		})
	}
}
