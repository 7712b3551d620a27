package scenarios

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// TestAudit tells what becomes of objects that were there before the webhook,
// and of exceptions, on an API server without nodes. The webhook has the rights
// of its ServiceAccount and no others.
func TestAudit(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-audit", Controllers: true})
	s.kubectl("", "apply", "--server-side", "-f", filepath.Join(openReports(s), "config", "crd", "openreports.io_reports.yaml"))
	s.kubectl("", "apply", "-f", "testdata/audit.yaml")
	scrape := installByURL(s)

	s.run("what was there before is repaired, with an event", func(s story) { repairs(s, scrape) })
	s.run("a namespace has one report, and inshore audit says the same", reports)
	s.run("a pass that finds the same writes nothing", func(s story) { writesNothing(s, scrape) })
	s.run("exceptions without an owner, or of what cannot be read, are refused", refusesExceptions)
	s.run("an exception holds in admission and audit, expires, and is refused after a week", exceptions)
	s.run("who switches mutation off switches repair off", switchesRepairOff)
	s.run("the report goes with the last object", reportGoes)
	s.run("uninstalling takes the reports along", uninstallTakesReports)
}

// openReports is the folder of the module that has the CRD.
func openReports(s story) string {
	s.Helper()
	out, err := exec.CommandContext(s.ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/openreports/reports-api").Output()
	if err != nil {
		s.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// installByURL applies the embedded overlay, has its configurations name a
// webhook that runs here, and returns where its metrics are.
func installByURL(s story) (scrape string) {
	s.Helper()
	root, err := cluster.Root()
	if err != nil {
		s.Fatal(err)
	}
	certificate, bundle, err := s.c.ServingCertificate("127.0.0.1")
	if err != nil {
		s.Fatal(err)
	}
	s.kubectl("", "apply", "-k", filepath.Join(root, "manifests", "overlays", "embedded"))
	address, metrics := outside.FreeAddress(s), outside.FreeAddress(s)
	outside.Run(s, "--kubeconfig", accountsKubeconfig(s), "--listen", address, "--cert-dir", outside.WriteCertificate(s, certificate),
		"--metrics-listen", metrics, "--health-listen", "", "--service-name", "inshore-webhook")
	reached := outside.Relay(s, s.c, address)
	for configuration, phase := range map[string]string{
		"mutatingwebhookconfiguration/inshore-mutate": "mutate", "validatingwebhookconfiguration/inshore-validate": "validate",
	} {
		var patch []string
		for i, kind := range []string{"services", "daemonsets"} {
			patch = append(patch, fmt.Sprintf(`{"op":"replace","path":"/webhooks/%d/clientConfig","value":{"url":"https://%s/%s/%s","caBundle":%q}}`,
				i, reached, phase, kind, bundle))
		}
		s.kubectl("", "patch", configuration, "--type=json", "-p", "["+strings.Join(patch, ",")+"]")
	}
	return "http://" + metrics + "/metrics"
}

// accountsKubeconfig is that of the webhook's ServiceAccount.
func accountsKubeconfig(s story) string {
	s.Helper()
	token := strings.TrimSpace(s.kubectl("", "-n", "inshore-system", "create", "token", "inshore-webhook"))
	file := filepath.Join(s.TempDir(), "kubeconfig")
	text, err := os.ReadFile(s.c.Kubeconfig())
	if err != nil {
		s.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		s.Fatal(err)
	}
	for _, args := range [][]string{
		{"set-credentials", "webhook", "--token=" + token}, {"set-context", "--current", "--user=webhook"},
	} {
		if out, err := exec.CommandContext(s.ctx, s.c.KubectlPath(), append([]string{"--kubeconfig", file, "config"}, args...)...).CombinedOutput(); err != nil {
			s.Fatalf("%v: %s", err, out)
		}
	}
	return file
}

func repairs(s story, scrape string) {
	s.wait("the Service to be repaired", func() (bool, string) {
		policy := s.kubectl("", "-n", "before", "get", "service/mcrouter", "-o", "jsonpath={.spec.internalTrafficPolicy}")
		return policy == "Local", policy
	})
	s.wait("the DaemonSet to be repaired", func() (bool, string) {
		rolling := s.kubectl("", "-n", "before", "get", "daemonset/mcrouter", "-o", "jsonpath={.spec.updateStrategy.rollingUpdate}")
		return strings.Contains(rolling, `"maxSurge":1`) && strings.Contains(rolling, `"maxUnavailable":0`), rolling
	})
	s.wait("an event on it", func() (bool, string) {
		events := s.kubectl("", "-n", "before", "get", "events.events.k8s.io", "--field-selector=regarding.name=mcrouter", "-o", "jsonpath={.items[*].reason}")
		return strings.Contains(events, "MissedMutationRepaired"), events
	})
	s.wait("the repairs to be counted", func() (bool, string) {
		repaired := sample(s, scrape, `inshore_audit_repairs_total{result="repaired"}`)
		return repaired == "2", repaired
	})
	// What would be refused is not touched.
	if surge := s.kubectl("", "-n", "before", "get", "daemonset/hostport", "-o", "jsonpath={.spec.updateStrategy.rollingUpdate.maxSurge}"); surge != "0" {
		s.Errorf("the DaemonSet with a host port has maxSurge %s", surge)
	}
}

// sample is the value of a series in the webhook's metrics.
func sample(s story, scrape, series string) string {
	s.Helper()
	response, err := http.Get(scrape)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, series+" "); found {
			return strings.TrimSpace(value)
		}
	}
	return "there is no " + series
}

// report is what is read of a Report.
type report struct {
	Metadata struct{ ResourceVersion string }
	Summary  struct{ Pass, Fail, Warn, Skip int }
	Results  []reported
}

// reported is a result in it.
type reported struct {
	Rule, Result string
	Resources    []struct{ Kind, Name string }
	Properties   map[string]string
}

func readReport(s story) (r report) {
	s.Helper()
	out, err := s.c.Kubectl(s.ctx, "", "-n", "before", "get", "reports.openreports.io/inshore", "-o", "json")
	if err == nil {
		err = json.Unmarshal([]byte(out), &r)
	}
	if err != nil && !strings.Contains(err.Error(), "NotFound") {
		s.Fatal(err)
	}
	return r
}

// lines are the report's results as inshore audit has them.
func (r report) lines() []string {
	var lines []string
	for _, result := range r.Results {
		lines = append(lines, strings.Join([]string{result.Result, result.Rule, result.Resources[0].Kind, result.Resources[0].Name, result.Properties["field"]}, " "))
	}
	slices.Sort(lines)
	return lines
}

// says reports whether the report has the rule with this result.
func (r report) says(result, rule string) bool {
	return slices.ContainsFunc(r.lines(), func(line string) bool { return strings.HasPrefix(line, result+" "+rule+" ") })
}

func awaitReport(s story, result, rule string) report {
	s.Helper()
	var r report
	s.wait(fmt.Sprintf("the report to have %s as %s", rule, result), func() (bool, string) {
		r = readReport(s)
		return r.says(result, rule), strings.Join(r.lines(), "; ")
	})
	return r
}

func reports(s story) {
	r := awaitReport(s, "fail", "ISH201")
	s.Log(strings.Join(r.lines(), "\n"))
	binary, err := cluster.BuildGo(s.ctx, "./cmd/inshore")
	if err != nil {
		s.Fatal(err)
	}
	out, err := exec.CommandContext(s.ctx, binary, "audit", "--kubeconfig", s.c.Kubeconfig(), "-n", "before", "-o", "json").Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		s.Fatalf("inshore audit of what breaks a rule ended with %v: %s", err, out)
	}
	var audited struct {
		Results []struct{ ID, Severity, Kind, Name, Field string }
	}
	if err := json.Unmarshal(out, &audited); err != nil {
		s.Fatal(err)
	}
	var got []string
	for _, result := range audited.Results {
		word := map[string]string{"error": "fail", "warning": "warn"}[result.Severity]
		got = append(got, strings.Join([]string{word, result.ID, result.Kind, result.Name, result.Field}, " "))
	}
	slices.Sort(got)
	if want := r.lines(); !slices.Equal(got, want) {
		s.Errorf("inshore audit says\n%s\nthe report says\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func writesNothing(s story, scrape string) {
	const runs, writes = `inshore_audit_runs_total{result="ok"}`, `inshore_audit_report_writes_total{operation="apply",result="ok"}`
	before, run, written := readReport(s), sample(s, scrape, runs), sample(s, scrape, writes)
	s.kubectl("", "-n", "before", "label", "service/mcrouter", "colour=green")
	s.wait("another pass", func() (bool, string) {
		now := sample(s, scrape, runs)
		return now != run, now
	})
	if after := readReport(s); after.Metadata.ResourceVersion != before.Metadata.ResourceVersion {
		s.Errorf("the report was written again: %s, then %s", before.Metadata.ResourceVersion, after.Metadata.ResourceVersion)
	}
	if now := sample(s, scrape, writes); now != written {
		s.Errorf("%s reports were written, then %s", written, now)
	}
}

// exceptionPolicy is a NodeLocalPolicy with one exception.
func exceptionPolicy(rule, owner string, expires time.Time) string {
	return fmt.Sprintf(`
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: migration}
spec:
  exceptions:
    - rule: %s
      object: {kind: DaemonSet, namespace: before, name: hostport}
      owner: %q
      reason: until its clients dial the Service
      expires: %s
`, rule, owner, expires.UTC().Format(time.RFC3339))
}

func refusesExceptions(s story) {
	soon := time.Now().Add(time.Hour)
	says(s, s.refused(exceptionPolicy("ISH201", "", soon), "apply", "-f", "-"), "owner", "an exception names who answers for it")
	says(s, s.refused(exceptionPolicy("ISH002", "team cache", soon), "apply", "-f", "-"), "ISH0xx", "correct them")
	for _, field := range []string{"owner", "reason", "expires"} {
		says(s, s.refused(without(exceptionPolicy("ISH201", "team cache", soon), field), "apply", "-f", "-"), field+": Required value")
	}
	says(s, s.refused(strings.Replace(exceptionPolicy("ISH201", "team cache", soon), "kind: DaemonSet", "kind: Deployment", 1), "apply", "-f", "-"), "Service", "DaemonSet")
}

// touch sends an update of the DaemonSet with a host port that changes what rules
// read, as a dry run; warnings are errors, so that they can be read.
func touch(s story) string {
	s.Helper()
	_, err := s.c.Kubectl(s.ctx, "", "-n", "before", "annotate", "daemonset/hostport", "inshore.dev/drain=7s", "--overwrite",
		"--dry-run=server", "--warnings-as-errors")
	if err == nil {
		return ""
	}
	return err.Error()
}

func exceptions(s story) {
	now := time.Now()
	if said := touch(s); !strings.Contains(said, "denied the request") || !strings.Contains(said, "ISH201") {
		s.Errorf("without an exception it was not refused: %s", said)
	}
	for _, step := range []struct {
		name, result, says string
		expires            time.Time
	}{
		{"in force", "skip", "excepted until", now.Add(24 * time.Hour)},
		{"expired an hour ago", "warn", "Its exception expired on", now.Add(-time.Hour)},
		{"expired eight days ago", "fail", "denied the request", now.Add(-8 * 24 * time.Hour)},
	} {
		s.kubectl(exceptionPolicy("ISH201", "team cache", step.expires), "apply", "-f", "-")
		s.wait("admission to know an exception "+step.name, func() (bool, string) {
			said := touch(s)
			return strings.Contains(said, step.says) && strings.Contains(said, "ISH201"), said
		})
		r := awaitReport(s, step.result, "ISH201")
		if step.result == "skip" && !slices.ContainsFunc(r.Results, func(e reported) bool {
			return e.Properties["exceptionOwner"] == "team cache" && e.Properties["exceptionPolicy"] == "migration"
		}) {
			s.Error("the report does not say whose exception it is")
		}
	}
	s.kubectl("", "delete", "nodelocalpolicy/migration")
}

func switchesRepairOff(s story) {
	saved := s.kubectl("", "get", "mutatingwebhookconfiguration/inshore-mutate", "-o", "yaml")
	s.kubectl("", "delete", "mutatingwebhookconfiguration/inshore-mutate")
	const missed = `
apiVersion: v1
kind: Service
metadata: {name: missed, namespace: before, annotations: {inshore.dev/node-local: required}}
spec: {selector: {app: mcrouter}, ports: [{port: 80}]}
`
	policy := func() string {
		return s.kubectl("", "-n", "before", "get", "service/missed", "-o", "jsonpath={.spec.internalTrafficPolicy}")
	}
	s.wait("a Service that is not mutated", func() (bool, string) {
		// The API server learns of the deletion by a watch.
		mutated, err := s.c.Kubectl(s.ctx, missed, "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
		return err == nil && mutated == "Cluster", fmt.Sprint(mutated, err)
	})
	s.kubectl(missed, "create", "-f", "-")
	awaitReport(s, "warn", "missed-mutation")
	if got := policy(); got != "Cluster" {
		s.Errorf("mutation is switched off, and the Service has internalTrafficPolicy %s", got)
	}
	s.kubectl(without(saved, "resourceVersion", "uid"), "create", "-f", "-")
	s.wait("the repair after it was switched on again", func() (bool, string) {
		got := policy()
		return got == "Local", got
	})
}

// without is a manifest without the lines of some fields.
func without(manifest string, fields ...string) string {
	var kept strings.Builder
	for line := range strings.Lines(manifest) {
		field, _, _ := strings.Cut(strings.TrimSpace(line), ":")
		if !slices.Contains(fields, field) {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func reportGoes(s story) {
	s.kubectl("", "-n", "before", "delete", "services,daemonsets", "--all")
	s.wait("the report to go", func() (bool, string) {
		out, err := s.c.Kubectl(s.ctx, "", "-n", "before", "get", "reports.openreports.io", "-o", "name")
		return err == nil && strings.TrimSpace(out) == "", fmt.Sprint(out, err)
	})
}

// uninstallTakesReports deletes everything of ours. The garbage collector, and
// nobody else, deletes what belonged to our namespace.
func uninstallTakesReports(s story) {
	s.kubectl(`
apiVersion: v1
kind: Service
metadata: {name: last, namespace: before, annotations: {inshore.dev/node-local: required}}
spec: {selector: {app: nobody}, ports: [{port: 80}]}
`, "create", "-f", "-")
	s.wait("a report", func() (bool, string) { r := readReport(s); return r.Metadata.ResourceVersion != "", fmt.Sprint(r) })
	root, err := cluster.Root()
	if err != nil {
		s.Fatal(err)
	}
	s.kubectl("", "delete", "-k", filepath.Join(root, "manifests", "overlays", "embedded"))
	s.wait("the reports to go", func() (bool, string) {
		left := s.kubectl("", "get", "reports.openreports.io", "-A", "-o", "name")
		return left == "", left
	})
}
