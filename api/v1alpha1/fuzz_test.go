package v1alpha1_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// FuzzParseEnforcedBy holds that a record never panics, that what is accepted is
// read as the same again, and that an object which opted out is left alone unless
// the record forbids it.
func FuzzParseEnforcedBy(f *testing.F) {
	for _, seed := range []string{
		`{"policy":"everyone","words":{"node-local":"required","max-surge":"50%","drain":"15s"}}`,
		`{"policy":"everyone","words":{"node-local":"preferred"},"optOut":"Forbidden"}`,
		`{"policy":"everyone","words":{"node-local":"requird"}}`, `{"policy":"everyone","words":{"previous":"{}"}}`,
		`{"policy":"","words":{}}`, `{"words":null}`, `[]`, "\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		record, err := v1alpha1.ParseEnforcedBy(text)
		if err != nil {
			if len(err.Error()) > 2048 {
				t.Errorf("%d bytes of message", len(err.Error()))
			}
			return
		}
		again, err := v1alpha1.ParseEnforcedBy(record.String())
		if err != nil {
			t.Fatalf("%s, written back, is refused: %v", text, err)
		}
		if diff := cmp.Diff(record, again); diff != "" {
			t.Fatalf("%s changed on the way back:\n%s", text, diff)
		}
		out := v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalDisabled}
		if got := record.Under(out); record.OptOut != v1alpha1.OptOutForbidden && got != out {
			t.Fatalf("%s: an object that opted out gets %+v", text, got)
		}
	})
}

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
