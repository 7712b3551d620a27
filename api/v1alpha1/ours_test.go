package v1alpha1_test

import (
	"maps"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestOursAreTheAnnotationsUnderOurPrefix(t *testing.T) {
	const theirs = "example.com/inshore.dev/node-local"
	for name, test := range map[string]struct{ all, want map[string]string }{
		"none":                  {nil, nil},
		"none of ours":          {map[string]string{theirs: "a"}, nil},
		"ours only":             {map[string]string{v1alpha1.AnnotationDrain: "5s"}, map[string]string{v1alpha1.AnnotationDrain: "5s"}},
		"ours beside another's": {map[string]string{theirs: "a", "inshore.dev/unknown": "b"}, map[string]string{"inshore.dev/unknown": "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			before := maps.Clone(test.all)
			got := v1alpha1.Ours(test.all)
			if !maps.Equal(got, test.want) || (got == nil) != (test.want == nil) {
				t.Errorf("Ours = %v, want %v", got, test.want)
			}
			if has := v1alpha1.HasOurs(test.all); has != (len(test.want) > 0) {
				t.Errorf("HasOurs = %v", has)
			}
			if !maps.Equal(test.all, before) {
				t.Errorf("the annotations given became %v", test.all)
			}
		})
	}
}
