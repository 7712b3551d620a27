package native

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// TestTheRatchetReadsWhatRulesRead holds the variable unchanged, and those that
// it reads, against the projections, which are all that rules read.
func TestTheRatchetReadsWhatRulesRead(t *testing.T) {
	for kind, types := range map[v1alpha1.Kind][]any{
		v1alpha1.KindService: {input.ServiceSpec{}, input.ServicePort{}},
		v1alpha1.KindDaemonSet: {
			input.DaemonSetSpec{}, input.PodTemplate{}, input.PodTemplateMetadata{}, input.PodSpec{}, input.Container{}, input.Volume{},
		},
	} {
		variables, err := library(kind, v1alpha1.Platform{})
		if err != nil {
			t.Fatal(err)
		}
		read := ""
		for _, v := range used(variables, "variables.unchanged") {
			read += v.Expression
		}
		for _, projected := range types {
			for field := range reflect.TypeOf(projected).Fields() {
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if !regexp.MustCompile(`\b` + name + `\b`).MatchString(read) {
					t.Errorf("rules read %s of a %s's %T, and the variable unchanged does not compare it", name, kind, projected)
				}
			}
		}
	}
}
