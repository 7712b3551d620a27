package layout

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runBy says for every command in the documentation what runs it in CI. Adding
// a command to a page means adding its test first.
var runBy = map[string]string{
	"go run ./cmd/inshore review examples/":      "hack/quickstart.sh",
	"go run ./cmd/inshore review examples/good/": "hack/quickstart.sh",
	"go run ./cmd/inshore review -o sarif=inshore.sarif -o junit=inshore.xml -o markdown=comment.md examples/good/": "hack/quickstart.sh",
	"go run ./cmd/inshore review --diff examples/good/":                                                             "hack/quickstart.sh",
	"go run ./cmd/inshore native --list":                                                                            "hack/quickstart.sh",
	"go run ./cmd/inshore explain -f examples/good/memcached-proxy.yaml":                                            "hack/quickstart.sh",
	"go run ./cmd/inshore-webhook --kubeconfig F --listen 127.0.0.1:9443 --cert-dir D":                              "e2e/scenarios: TestOutsideAPod",
	"go run ./e2e/cmd/bench":       "Makefile: test, with --quick",
	"go run ./e2e/cmd/benchreview": "Makefile: test, with --quick",

	"go run ./cmd/inshore policy new ACME002 build/rules/no_host_path --kind DaemonSet":           "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy test --coverage --threshold 100 examples/rules":                  "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy list examples/rules":                                             "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy docs examples/rules":                                             "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy build examples/rules --signing-key key.pem -o bundle.tar.gz":     "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy verify bundle.tar.gz --key public.pem":                           "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy push bundle.tar.gz oci:build/layout:v1":                          "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"go run ./cmd/inshore policy pull oci:build/layout:v1 --key public.pem -o pulled.tar.gz":      "cmd/internal/cli: TestTheCommandsAboutRulesOfYourOwn",
	"kubectl -n inshore-system create configmap acme-rules --from-file=examples/rules/team_label": "e2e/scenarios: TestRulesOfYourOwn",
	"kubectl -n inshore-system label configmap acme-rules inshore.dev/policy=true":                "e2e/scenarios: TestRulesOfYourOwn",

	"inshore native --static policies --static-path /etc/kubernetes/inshore": "e2e/apiserver: TestPoliciesFromFiles, in a folder of its own",

	"kubectl explain nodelocalpolicy.spec --recursive":                                                    "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl apply -f examples/policy/exceptions.yaml":                                                    "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"go run ./cmd/inshore plan -f examples/policy/everyone.yaml":                                          "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"go run ./cmd/inshore plan -f examples/policy/everyone.yaml --as-is":                                  "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"go run ./cmd/inshore plan -f examples/policy/everyone.yaml -o json":                                  "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl apply -f examples/policy/everyone.yaml":                                                      "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl patch nodelocalpolicy everyone --type=merge -p '{\"spec\":{\"enforcement\":\"Enforce\"}}'":   "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl get nodelocalpolicies -o wide":                                                               "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl patch nodelocalpolicy everyone --type=merge -p '{\"spec\":{\"rollout\":{\"paused\":true}}}'": "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"go run ./cmd/inshore plan --off everyone":                                                            "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"go run ./cmd/inshore plan --delete everyone":                                                         "e2e/policyapi: TestAPIServer, from docs/platform.md",
	"kubectl delete nodelocalpolicy everyone":                                                             "e2e/policyapi: TestAPIServer, from docs/platform.md",

	"kubectl describe nodelocalpolicy everyone":                                                                                      "e2e/policyapi: TestAPIServer, from docs/operations.md",
	"kubectl patch nodelocalpolicy everyone --type=merge -p '{\"spec\":{\"enforcement\":\"Warn\"}}'":                                 "e2e/policyapi: TestAPIServer, from docs/operations.md",
	"kubectl patch nodelocalpolicy everyone --type=merge -p '{\"spec\":{\"rollout\":{\"objectsPerMinute\":30}}}'":                    "e2e/policyapi: TestAPIServer, from docs/operations.md",
	"kubectl patch nodelocalpolicy everyone --type=merge -p '{\"spec\":{\"enforcement\":\"Audit\",\"rollout\":{\"paused\":false}}}'": "e2e/policyapi: TestAPIServer, from docs/operations.md",

	"make vuln":      "Makefile: test",
	"make reproduce": "Makefile: test",
	"make dist":      "e2e/release: TestTwoBuildsAreOne, hack/dist.sh",
	"make help":      "Makefile: test",
	"make bench":     "Makefile: test, with one iteration each",
	"make demo":      "Makefile: test",
	"make test":      ".ci/run",
	"make lint":      "Makefile: test",
	"make unit":      "Makefile: test",
	"make race":      "Makefile: test",
	"make fuzz":      "Makefile: test",
	"make e2e":       "Makefile: test",
	"make generate":  "policies: the tests that compare what is generated",

	"kubectl label namespace inshore-system app.kubernetes.io/part-of=inshore pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/enforce-version=v1.30": "e2e/chart: TestUpgrade",

	"go run ./e2e/cmd/benchadmission": "Makefile: test, with --quick",

	"kubectl apply -k manifests/overlays/cert-manager":                              "e2e/scenarios: TestWithCertManager",
	"kubectl apply -k manifests/overlays/embedded":                                  "e2e/scenarios: TestWithEmbeddedCertificates",
	"kubectl apply -k manifests/overlays/agent":                                     "e2e/scenarios: every story of the agent",
	"kubectl delete -k manifests/overlays/agent":                                    "e2e/scenarios: the agent's removal",
	"kubectl -n inshore-agent rollout status daemonset/inshore-agent":               "e2e/stage: WaitAgents",
	"kubectl -n inshore-agent exec daemonset/inshore-agent -- /inshore-agent check": "e2e/scenarios: examined",
	"go run ./cmd/inshore audit":                                                    "e2e/scenarios: the audit's story",
	"go run ./cmd/inshore doctor":                                                   "e2e/scenarios: examined",
	"kubectl label namespace monitoring inshore.dev/metrics=true":                   "e2e/monitoring: TestWithARealAPIServer",
	"kubectl apply -k manifests/monitoring":                                         "e2e/monitoring: TestWithARealAPIServer",
	"kubectl delete -k manifests/overlays/embedded":                                 "e2e/scenarios: TestWithEmbeddedCertificates",
	"kubectl -n inshore-system rollout status deployment/inshore-webhook":           "e2e/stage: WaitInstalled",
	"kubectl delete mutatingwebhookconfiguration inshore-mutate":                    "e2e/scenarios: switchOff",
	"kubectl delete validatingwebhookconfiguration inshore-validate":                "e2e/scenarios: switchOff",
	"go run ./e2e/cmd/lab up --nodes 3":                                             "e2e/cmd/lab",
	"export KUBECONFIG=$(go run ./e2e/cmd/lab kubeconfig)":                          "e2e/cmd/lab",
	"go run ./e2e/cmd/lab exec node-0 -- ip route":                                  "e2e/cmd/lab",
	"go run ./e2e/cmd/lab down":                                                     "e2e/cmd/lab",
}

// command is a line of an indented code block that somebody may type.
var command = regexp.MustCompile(`(?m)^    ((?:go run|make|kubectl|export|docker|inshore) .*)$`)

func TestEveryDocumentedCommandIsRun(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	pages = append(pages, "../../README.md", "../../examples/README.md")
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range commands(string(text)) {
			found++
			if runBy[line] == "" {
				t.Errorf("%s: %q is run by no test: add one, and say so in runBy", filepath.Base(page), line)
			}
		}
	}
	if found == 0 {
		t.Error("no command found on any page: the test reads them wrongly")
	}
}

func TestACommandIsFoundWithoutItsComment(t *testing.T) {
	got := commands("text\n\n    make demo   # ten minutes\n    DaemonSet\n")
	if len(got) != 1 || got[0] != "make demo" {
		t.Errorf("commands are %q, want only make demo", got)
	}
}

func commands(page string) []string {
	var lines []string
	for _, match := range command.FindAllStringSubmatch(page, -1) {
		line, _, _ := strings.Cut(match[1], " #")
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}
