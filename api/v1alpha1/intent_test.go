package v1alpha1_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestDefaults(t *testing.T) {
	var none v1alpha1.Intent
	if none.OptedIn() {
		t.Error("nothing written opts in")
	}
	if got := none.SurgeOrDefault(); got != intstr.FromInt32(1) {
		t.Errorf("surge %v, want 1", got)
	}
	if got := none.NoLocalEndpointOrDefault(); got != v1alpha1.NoLocalEndpointReject {
		t.Errorf("without a local endpoint %q, want reject", got)
	}
	surge := intstr.FromString("5%")
	some := v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalPreferred, MaxSurge: &surge, NoLocalEndpoint: v1alpha1.NoLocalEndpointDrop}
	if !some.OptedIn() || some.SurgeOrDefault() != surge || some.NoLocalEndpointOrDefault() != v1alpha1.NoLocalEndpointDrop {
		t.Errorf("what was written gives way to a default: %+v", some)
	}
}

func TestVersionOrder(t *testing.T) {
	v := func(major, minor int) v1alpha1.Version { return v1alpha1.Version{Major: major, Minor: minor} }
	tests := map[string]struct {
		a, b v1alpha1.Version
		want bool
	}{
		"a version is at least itself":              {v(1, 34), v(1, 34), true},
		"an older minor is not":                     {v(1, 33), v(1, 34), false},
		"minors are numbers, not text":              {v(1, 100), v(1, 34), true},
		"a newer major is, whatever its minor":      {v(2, 0), v(1, 34), true},
		"an older major is not, whatever its minor": {v(0, 99), v(1, 34), false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.a.AtLeast(test.b); got != test.want {
				t.Errorf("%v at least %v: %v, want %v", test.a, test.b, got, test.want)
			}
		})
	}
}
