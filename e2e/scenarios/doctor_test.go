package scenarios

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// examined runs `inshore doctor` as an administrator does after installing. What
// it says of installations that are not well is in e2e/doctor.
func examined(s story) {
	e := s.echo(stage.Echo{Name: "examined", ServiceAnnotations: required, DaemonSetAnnotations: required})
	s.settle(e, true)
	doctor, err := cluster.BuildGo(s.ctx, "./cmd/inshore")
	if err != nil {
		s.Fatal(err)
	}
	var said string
	err = cluster.Wait(s.ctx, "doctor to find nothing wrong", time.Minute, func(ctx context.Context) (bool, string, error) {
		out, err := exec.CommandContext(ctx, doctor, "doctor", "--kubeconfig", s.c.Kubeconfig()).CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			return false, "", fmt.Errorf("running inshore doctor: %w", err)
		}
		said = string(out)
		return err == nil, said, nil
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Logf("inshore doctor:\n%s", said)
	// And by hand, as docs/operations.md has it: whichever agent kubectl picks.
	s.kubectl("", "-n", v1alpha1.AgentNamespace, "exec", "daemonset/inshore-agent", "--", "/inshore-agent", "check")
	nodes := len(s.c.Nodes())
	for _, want := range []string{
		"2 of 2 ready", "it came back with a surge and the readiness gate",
		fmt.Sprintf("nothing is missing on %d of %d", nodes, nodes), "none waits for an agent",
	} {
		if !strings.Contains(said, want) {
			s.Errorf("doctor does not say %q", want)
		}
	}
}
