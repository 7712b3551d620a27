package server

import (
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"

	"github.com/inshore-dev/inshore/webhook/registration"
)

func TestDecisionsAreLogged(t *testing.T) {
	hostPort := edited(t, "daemonset-create.json", func(request map[string]any) {
		at(request, "object", "spec", "template", "spec", "containers", 0, "ports", 0)["hostPort"] = 11211
		request["dryRun"] = true
	})
	cases := map[string]struct {
		verbosity int
		path      string
		body      []byte
		want      []string // in the one line; none for no line
	}{
		"a refusal always": {
			verbosity: 0, path: registration.PathValidateDaemonSets, body: hostPort,
			want: []string{`"Denied"`, `"kind"="DaemonSet"`, `"namespace"="core"`, `"name"="mcrouter"`, `"operation"="CREATE"`,
				`"allowed"=false`, `ISH201`, `"dryRun"=true`, `"revision"=`, `"duration"=`, `"uid"="705ab4f5`},
		},
		"nothing else without debug": {
			verbosity: 0, path: registration.PathMutateDaemonSets, body: hostPort,
		},
		"everything with debug": {
			verbosity: 1, path: registration.PathMutateServices, body: testdata(t, "service-create.json"),
			want: []string{`"Allowed"`, `"outcome"="patched"`, `"patchOps"=`},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var lines []string
			log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{Verbosity: c.verbosity})
			newFixture(t, log).review(t, c.path, c.body)
			if len(c.want) == 0 {
				if len(lines) > 0 {
					t.Errorf("got %q", lines)
				}
				return
			}
			if len(lines) != 1 {
				t.Fatalf("got %d lines: %q", len(lines), lines)
			}
			for _, want := range c.want {
				if !strings.Contains(lines[0], want) {
					t.Errorf("%s lacks %s", lines[0], want)
				}
			}
		})
	}
}
