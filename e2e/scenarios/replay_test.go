package scenarios

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// noProxies is a rule that a platform team thinks about.
const noProxies = `# METADATA
# title: Nobody may be called proxy
# description: Proxies are called gateways here.
# schemas:
#   - input: schema.service
# custom:
#   id: ACME001
#   severity: error
#   kinds: [Service]
#   message: "{object} is called proxy."
#   remedy: Call it a gateway.
#   since: v0.1.0
package acme.no_proxies

violation contains {"field": "metadata.name"} if input.object.metadata.name == "proxy"
`

// replayed makes the decisions in a log again: by the rules that made them
// nothing changes, by one more rule it is known who would have been refused.
func replayed(s story, log string) {
	s.Helper()
	binary, err := cluster.BuildGo(s.ctx, "./cmd/inshore")
	if err != nil {
		s.Fatal(err)
	}
	rules := s.TempDir()
	if err := os.WriteFile(filepath.Join(rules, "no_proxies.rego"), []byte(noProxies), 0o600); err != nil {
		s.Fatal(err)
	}
	replay := func(code int, args ...string) string {
		s.Helper()
		said, err := exec.CommandContext(s.ctx, binary, append([]string{"replay"}, args...)...).CombinedOutput()
		exit, got := (*exec.ExitError)(nil), 0
		if errors.As(err, &exit) {
			got, err = exit.ExitCode(), nil
		}
		if err != nil || got != code {
			s.Errorf("inshore replay %q ended with %d (%v), want %d:\n%s", args, got, err, code, said)
		}
		return string(said)
	}
	says(s, replay(0, log), "0 would be refused, 0 allowed, 0 different")
	says(s, replay(1, "--policy", rules, log), "was allowed, would be refused", "Service default/proxy", "ACME001 at metadata.name")
}
