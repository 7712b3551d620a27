//go:build soak

package soak

import (
	"os/exec"
	"strings"
	"testing"
)

// Two builds of all three programs, each from an empty cache: standard library, and
// all that we require, compiled twice.
func TestTwoBuildsFromNothingAreOne(t *testing.T) {
	said, err := exec.CommandContext(t.Context(), "../../hack/reproduce.sh").CombinedOutput()
	if err != nil || !strings.Contains(string(said), "both builds have the same digests") {
		t.Fatalf("%v:\n%s", err, said)
	}
	t.Logf("%s", said)
}
