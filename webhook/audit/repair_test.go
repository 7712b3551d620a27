package audit

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// repairAll repairs everything that is due.
func (w *world) repairAll() {
	w.t.Helper()
	for w.repairer.queue.Len() > 0 {
		object, _ := w.repairer.queue.Get()
		w.repairer.one(w.t.Context(), object)
		w.repairer.queue.Done(object)
	}
}

// spec is a field of the stored Service's spec.
func (w *world) spec(field string) any {
	w.t.Helper()
	return w.api.get(w.t, theService.path())["spec"].(map[string]any)[field]
}

func TestWhatAdmissionMissedIsRepaired(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(daemon)
	w.put(unmutated)
	w.judge("core")
	w.repairAll()
	meta := w.api.get(t, theService.path())["metadata"].(map[string]any)
	if got := w.spec("internalTrafficPolicy"); got != "Local" {
		t.Errorf("internalTrafficPolicy is %v, want Local", got)
	}
	if meta["labels"].(map[string]any)["inshore.dev/node-local"] != "required" || meta["annotations"].(map[string]any)["inshore.dev/previous"] == nil {
		t.Errorf("the label or the record is missing: %v", meta)
	}
	if n := w.value("repairs_total", repaired); n != 1 {
		t.Errorf("the metric says %v repaired, want 1", n)
	}
	if said := w.said(); len(said) != 1 || !strings.Contains(said[0], ReasonRepaired) || !strings.Contains(said[0], "spec.internalTrafficPolicy") {
		t.Errorf("said %q", said)
	}
	w.api.written()
	w.see(theService)
	w.judge("core")
	w.repairAll()
	if writes := w.api.written(); len(writes) != 0 {
		t.Errorf("a second pass wrote %q", writes)
	}
}

func TestAnOptOutThatAdmissionMissedIsTakenBack(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(strings.Replace(strings.Replace(good, "inshore.dev/node-local: required, ", "", 1), "labels: {inshore.dev/node-local: required}", "labels: {}", 1))
	w.judge("core")
	w.repairAll()
	if got := w.spec("internalTrafficPolicy"); got != "Cluster" {
		t.Errorf("internalTrafficPolicy is %v, want what it was before: Cluster", got)
	}
}

func TestTheMirrorsLagIsNotRepaired(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(unmutated)
	w.api.objects[theService.path()]["spec"].(map[string]any)["internalTrafficPolicy"] = "Local"
	w.api.objects[theService.path()]["metadata"].(map[string]any)["labels"] = map[string]any{"inshore.dev/node-local": "required"}
	w.judge("core")
	w.repairAll()
	for _, write := range w.api.written() {
		if strings.Contains(write, theService.path()) {
			t.Errorf("wrote %s", write)
		}
	}
}

func TestReportModeSaysWhatAdmissionMissedAndWritesNothing(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(daemon)
	w.put(unmutated)
	w.judge("core")
	w.repairAll()
	if got := w.spec("internalTrafficPolicy"); got != "Cluster" {
		t.Errorf("internalTrafficPolicy is %v: it was written", got)
	}
	if got := entries(w.report("core")); !slices.ContainsFunc(got, func(line string) bool {
		return strings.HasPrefix(line, "warn "+RuleMissed+" Service mcrouter")
	}) {
		t.Errorf("the report says %q", got)
	}
	if n := w.value("missed_mutations", "core"); n != 1 {
		t.Errorf("the metric says %v were missed, want 1", n)
	}
}

func TestAnObjectThatChangedMeanwhileIsRepairedFromWhatItIsNow(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(unmutated)
	w.api.before = func() {
		object := w.api.objects[theService.path()]
		object["spec"].(map[string]any)["internalTrafficPolicy"] = "Local"
		w.api.put(theService.path(), object)
	}
	w.judge("core")
	w.repairAll()
	if n := w.value("repairs_total", conflict); n != 1 {
		t.Errorf("the metric says %v conflicts, want 1", n)
	}
	for deadline := time.Now().Add(30 * time.Second); w.repairer.queue.Len() == 0; time.Sleep(time.Millisecond) {
		if w.clock.HasWaiters() {
			w.clock.Step(retryFirst)
		}
		if time.Now().After(deadline) {
			t.Fatal("it is not tried again")
		}
	}
	w.repairAll()
	if labels := w.api.get(t, theService.path())["metadata"].(map[string]any)["labels"]; labels == nil {
		t.Error("the label is still missing")
	}
}

func TestARepairThatSomebodyUndoesComesLessAndLessOften(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(unmutated)
	var waits []time.Duration
	for range 9 {
		w.judge("core")
		w.repairAll()
		last := w.repairer.history[theService]
		if last == nil {
			t.Fatal("not repaired")
		}
		waits = append(waits, last.next.Sub(w.clock.Now()))
		w.put(unmutated) // another controller, sure of itself
		w.clock.SetTime(last.next)
	}
	want := []time.Duration{gap, time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute, time.Hour, time.Hour}
	if !slices.Equal(waits, want) {
		t.Errorf("left alone for %v, want %v", waits, want)
	}
	if n := w.value("repairs_total", reverted); n != 8 {
		t.Errorf("the metric says %v reverted, want 8", n)
	}
	said := strings.Join(w.said(), "\n")
	if strings.Count(said, ReasonReverted) != 8 || strings.Count(said, ReasonRepaired) != 1 {
		t.Errorf("said %s", said)
	}
}

func TestBeforeItsTimeAnObjectIsLeftAlone(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(unmutated)
	w.judge("core")
	w.repairAll()
	w.put(unmutated)
	w.api.written()
	w.judge("core")
	w.repairAll()
	if got := w.spec("internalTrafficPolicy"); got != "Cluster" {
		t.Errorf("it was repaired again at once: internalTrafficPolicy is %v", got)
	}
}

func TestARefusedRepairIsSaidAndLeftForAWhile(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(daemon)
	w.put(unmutated)
	w.api.refuse = "somebody else's webhook says no"
	if err := w.pass(t.Context(), "core"); err == nil {
		t.Error("a report that could not be written is no error")
	}
	w.repairAll()
	if n := w.value("repairs_total", denied); n != 1 {
		t.Errorf("the metric says %v refused, want 1", n)
	}
	if said := strings.Join(w.said(), "\n"); strings.Count(said, ReasonNotRepaired) != 1 || !strings.Contains(said, "says no") {
		t.Errorf("said %q", said)
	}
	w.api.refuse = ""
	w.judge("core")
	for _, e := range w.report("core").Results {
		if e.Rule == RuleMissed && strings.Contains(e.Message, "says no") {
			return
		}
	}
	t.Errorf("the report does not say why: %q", entries(w.report("core")))
}

func TestAnObjectThatAdmissionWouldRefuseIsNotPatched(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(strings.Replace(broken, "maxSurge: 1, maxUnavailable: 0", "maxSurge: 0, maxUnavailable: 1", 1))
	w.judge("core")
	w.repairAll()
	for _, write := range w.api.written() {
		if strings.Contains(write, theDaemon.path()) {
			t.Errorf("wrote %s, which the validating webhook refuses", write)
		}
	}
}

func TestFewRolloutsAreStartedAtOnce(t *testing.T) {
	w := newWorld(t, ModeRepair)
	const daemons = rolloutBurst + 3
	for i := range daemons {
		name := string(rune('a' + i))
		w.put(strings.NewReplacer("name: mcrouter\n  ann", "name: "+name+"\n  ann", "lifecycle: {preStop: {sleep: {seconds: 5}}}", "env: []").Replace(daemon))
	}
	w.judge("core")
	w.repairAll()
	if n := w.value("repairs_total", repaired); n != rolloutBurst {
		t.Errorf("%v DaemonSets got another pod template at once, want %d", n, rolloutBurst)
	}
}
