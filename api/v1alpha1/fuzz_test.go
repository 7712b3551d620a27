package v1alpha1_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// FuzzParse holds that Parse never panics and that what it accepts, written
// back, is read as the same again.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{"node-local", "required"}, {"node-local", "Preferred"}, {"no-local-endpoint", "fallback"},
		{"external-traffic", "local"}, {"max-surge", "1"}, {"max-surge", "100%"}, {"max-surge", "-0%"},
		{"drain", "1m30s"}, {"drain", "none"}, {"drain", "0.5h"}, {"drain", "1ns"}, {"readiness-gate", "agent"},
		{"balance", "never-queue"}, {"rehome", "idle=30s"}, {"rehome", "idle"}, {"rehome", "never"},
		{"accelerate", "true"}, {"previous", `{"/spec/x":{"from":null,"to":"Local"}}`}, {"previous", "[]"},
		{"", ""}, {"\xff", "\x00"},
	} {
		f.Add(seed[0], seed[1], true)
		f.Add(seed[0], seed[1], false)
	}
	f.Fuzz(func(t *testing.T, name, value string, service bool) {
		kind := v1alpha1.KindDaemonSet
		if service {
			kind = v1alpha1.KindService
		}
		intent, errs := v1alpha1.Parse(kind, map[string]string{v1alpha1.Prefix + name: value})
		if len(errs) > 0 {
			for _, err := range errs {
				if len(err.Error()) > 2048 {
					t.Errorf("%d bytes of message", len(err.Error()))
				}
			}
			return
		}
		again, errs := v1alpha1.Parse(kind, intent.Annotations())
		if len(errs) > 0 {
			t.Fatalf("%q=%q, written back as %v, is refused: %v", name, value, intent.Annotations(), errs.ToAggregate())
		}
		if diff := cmp.Diff(intent, again); diff != "" {
			t.Fatalf("%q=%q changed on the way back:\n%s", name, value, diff)
		}
	})
}
