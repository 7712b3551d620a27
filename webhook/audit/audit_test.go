package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	openreports "github.com/openreports/reports-api/apis/openreports.io/v1alpha1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// broken is daemon with a host port and without a readiness probe.
var broken = strings.NewReplacer("containerPort: 11211}", "containerPort: 11211, hostPort: 11211}",
	"          readinessProbe: {tcpSocket: {port: 11211}}\n", "").Replace(daemon)

func TestANamespaceHasOneReportOfWhatBreaksRules(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(broken)
	w.put(good)
	w.judge("core")
	report := w.report("core")
	got := entries(report)
	if len(got) == 0 || !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "fail ISH201 DaemonSet mcrouter") }) ||
		!slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "fail ISH204 DaemonSet mcrouter") }) {
		t.Errorf("the report says %q, want ISH201 and ISH204 of the DaemonSet", got)
	}
	if first := slices.IndexFunc(got, func(line string) bool { return strings.HasPrefix(line, "warn") }); first >= 0 &&
		slices.ContainsFunc(got[first:], func(line string) bool { return strings.HasPrefix(line, "fail") }) {
		t.Errorf("warnings come before errors: %q", got)
	}
	fails := 0
	for _, line := range got {
		if strings.HasPrefix(line, "fail") {
			fails++
		}
	}
	if report.Summary.Fail != fails || report.Summary.Pass+report.Summary.Warn == 0 {
		t.Errorf("summary %+v of %q", report.Summary, got)
	}
	if n := w.value("violations", "core", "ISH201", "error"); n != 1 {
		t.Errorf("the metric says %v of ISH201, want 1", n)
	}
	if n := w.value("objects", "core"); n != 2 {
		t.Errorf("the metric says %v objects, want 2", n)
	}
}

func TestAReportIsWrittenOnlyWhenItSaysSomethingElse(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(broken)
	w.judge("core")
	first := w.api.written()
	w.judge("core")
	again := w.api.written()
	w.begin(w.Audit) // another leader
	w.judge("core")
	elsewhere := w.api.written()
	w.put(daemon)
	w.judge("core")
	changed := w.api.written()
	w.store.DeleteDaemonSet("core", "mcrouter")
	w.judge("core")
	gone := w.api.written()
	for _, step := range []struct {
		name string
		got  []string
		want string
	}{
		{"the first pass", first, "PATCH " + reportPath("core")},
		{"a second pass", again, ""},
		{"a new leader's pass", elsewhere, ""},
		{"a pass after a change", changed, "PATCH " + reportPath("core")},
		{"a pass after the last object went", gone, "DELETE " + reportPath("core")},
	} {
		if got := strings.Join(step.got, "; "); got != step.want {
			t.Errorf("%s wrote %q, want %q", step.name, got, step.want)
		}
	}
	if n := w.value("violations", "core", "ISH201", "error"); n != -1 {
		t.Errorf("the metric still says %v of what is gone", n)
	}
	if n := w.value("objects", "core"); n != -1 {
		t.Errorf("the metric still says %v objects", n)
	}
}

func TestAReportThatSomebodyEditedIsPutRight(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(broken)
	w.judge("core")
	w.api.written()
	report := w.api.get(t, reportPath("core"))
	report["metadata"].(map[string]any)["managedFields"] = []any{
		map[string]any{"manager": fieldManager}, map[string]any{"manager": "kubectl-edit"},
	}
	w.api.mu.Lock()
	w.api.put(reportPath("core"), report)
	w.api.mu.Unlock()
	w.judge("core")
	if writes := w.api.written(); len(writes) > 0 {
		t.Errorf("got %q before anybody looked", writes)
	}
	w.learn(t.Context()) // as every hour
	w.judge("core")
	if writes := w.api.written(); len(writes) != 1 {
		t.Errorf("got %q, want the report written again", writes)
	}
}

func TestALeaderRemovesTheReportOfANamespaceThatEmptiedWhileNobodyLed(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(broken)
	w.judge("core")
	w.store.DeleteDaemonSet("core", "mcrouter")
	w.begin(w.Audit)
	w.markAll()
	if namespace, _ := w.queue.Get(); namespace != "core" {
		t.Fatalf("%q is judged, want the namespace that has nothing but a report", namespace)
	}
	w.judge("core")
	if report := w.api.get(t, reportPath("core")); report != nil {
		t.Errorf("the report is still there: %v", report)
	}
}

func TestReportsAreOpenReports(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.exceptions = excepting("ISH201", today.AddDate(0, 1, 0))
	w.put(broken)
	w.put(unmutated)
	w.judge("core")
	text, err := json.Marshal(w.api.get(t, reportPath("core")))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var report openreports.Report
	if err := decoder.Decode(&report); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	results := []openreports.Result{"pass", "fail", "warn", "error", "skip"}
	severities := []openreports.ResultSeverity{"critical", "high", "low", "medium", "info"}
	for _, r := range report.Results {
		if !slices.Contains(results, r.Result) || !slices.Contains(severities, r.Severity) || len(r.Subjects) != 1 || r.Description == "" || r.Policy == "" {
			t.Errorf("not as the format has it: %+v", r)
		}
	}
	if report.Source != "inshore" || report.Scope.Name != "core" || report.Summary.Skip != 1 {
		t.Errorf("source %q, scope %+v, summary %+v", report.Source, report.Scope, report.Summary)
	}
}

// excepting excepts the DaemonSet of the tests from a rule.
func excepting(rule string, expires time.Time) *policies.Exceptions {
	return policies.NewExceptions([]*v1alpha1.NodeLocalPolicy{{
		ObjectMeta: metav1.ObjectMeta{Name: "migration"},
		Spec: v1alpha1.NodeLocalPolicySpec{Exceptions: []v1alpha1.Exception{{
			Rule: rule, Owner: "team cache", Reason: "until the move", Expires: metav1.NewTime(expires),
			Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindDaemonSet, Namespace: "core", Name: "mcrouter"},
		}}},
	}})
}

func TestAnExceptionIsInTheReportWithItsOwner(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.exceptions = excepting("ISH201", today.AddDate(0, 1, 0))
	w.put(broken)
	w.judge("core")
	var found *entry
	for _, e := range w.report("core").Results {
		if e.Rule == "ISH201" {
			found = &e
		}
	}
	if found == nil {
		t.Fatalf("the report says nothing of ISH201: %q", entries(w.report("core")))
	}
	p := found.Properties
	if found.Result != "skip" || p["exceptionOwner"] != "team cache" || p["exceptionReason"] != "until the move" ||
		p["exceptionExpires"] != "2026-12-22T12:00:00Z" || p["exceptionPolicy"] != "migration" {
		t.Errorf("%+v", found)
	}
	if n := w.value("excepted", "core", "ISH201"); n != 1 {
		t.Errorf("the metric says %v excepted, want 1", n)
	}
	if n := w.value("violations", "core", "ISH201", "error"); n != -1 {
		t.Errorf("the metric counts what is excepted: %v", n)
	}
}

func TestAReportIsCappedAndItsSummaryCountsAll(t *testing.T) {
	w := newWorld(t, ModeReport)
	const daemons = maxResults + 20
	for i := range daemons {
		w.put(strings.Replace(broken, "name: mcrouter\n  ann", fmt.Sprintf("name: mcrouter-%d\n  ann", i), 1))
	}
	w.judge("core")
	report := w.report("core")
	if len(report.Results) != maxResults || report.Summary.Fail < 2*daemons {
		t.Errorf("%d results and %d failures counted, want %d and at least %d", len(report.Results), report.Summary.Fail, maxResults, 2*daemons)
	}
	for _, e := range report.Results {
		if e.Result != resultFail {
			t.Errorf("%s %s is in the report while errors are left out", e.Result, e.Rule)
			break
		}
	}
}

func TestAReportFitsIntoEtcdWhateverRulesSay(t *testing.T) {
	found := newTally("core")
	long := strings.Repeat("é", 100_000)
	for range maxResults {
		found.add(Inspection{Object: &input.Service{Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"}}, Decision: policies.Decision{
			Results: []policies.Result{{ID: "ACME001", Severity: policies.SeverityError, Field: long, Message: long, Remedy: long}},
		}}, "")
	}
	text, err := json.Marshal(found.report())
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 3<<19 {
		t.Errorf("the report has %d bytes", len(text))
	}
}

func TestWithoutReportsInTheClusterMetricsGoOnAndItIsSaidOnce(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.api.withoutReports = true
	w.put(broken)
	w.begin(w.Audit)
	w.learn(t.Context())
	w.judge("core")
	if n := w.value("violations", "core", "ISH201", "error"); n != 1 {
		t.Errorf("the metric says %v of ISH201, want 1", n)
	}
	said := strings.Join(w.said(), "\n")
	if strings.Count(said, ReasonNoReports) != 1 {
		t.Errorf("said %q, want %s once", said, ReasonNoReports)
	}
	w.api.withoutReports = false
	w.learn(t.Context())
	w.judge("core")
	if report := w.report("core"); report.Source != source {
		t.Error("the CRD is there now and no report is")
	}
}

func TestAnObjectHasAnEventWhenItBreaksOtherRulesThanBefore(t *testing.T) {
	w := newWorld(t, ModeReport)
	passes := func() []string {
		t.Helper()
		w.judge("core")
		return w.said()
	}
	w.put(daemon)
	if said := passes(); len(said) != 0 {
		t.Errorf("nothing is broken, and it said %q", said)
	}
	w.put(broken)
	if said := passes(); len(said) != 1 || !strings.Contains(said[0], ReasonViolation) || !strings.Contains(said[0], "ISH201, ISH204") {
		t.Errorf("two rules are broken, and it said %q", said)
	}
	if said := passes(); len(said) != 0 {
		t.Errorf("the same rules are broken, and it said %q", said)
	}
	w.begin(w.Audit)
	if said := passes(); len(said) != 0 {
		t.Errorf("another leader came, and it said %q", said)
	}
	w.put(strings.Replace(daemon, "containerPort: 11211}", "containerPort: 11211, hostPort: 11211}", 1))
	if said := passes(); len(said) != 1 || strings.Contains(said[0], "ISH204") {
		t.Errorf("one rule is broken now, and it said %q", said)
	}
}

func TestEventsDoNotFlood(t *testing.T) {
	w := newWorld(t, ModeReport)
	for i := range 10 * eventBurst {
		w.put(strings.Replace(broken, "name: mcrouter\n  ann", fmt.Sprintf("name: mcrouter-%d\n  ann", i), 1))
	}
	w.judge("core")
	if said := len(w.said()); said != eventBurst {
		t.Errorf("%d events, want %d", said, eventBurst)
	}
	if n := w.value("events_total", dropped); n != 9*eventBurst {
		t.Errorf("the metric says %v were dropped", n)
	}
}

func TestAnObjectThatIsBeingDeletedIsLeftOut(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(strings.Replace(broken, "name: mcrouter\n  ann", "name: mcrouter\n  deletionTimestamp: 2026-11-22T11:00:00Z\n  ann", 1))
	w.judge("core")
	if writes := w.api.written(); len(writes) != 0 || w.queue.Len() != 0 {
		t.Errorf("wrote %q", writes)
	}
}
