package audit

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

// Objects of a team that never heard of us.
const (
	plainDaemon = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {namespace: core, name: mcrouter}
spec:
  selector: {matchLabels: {app: mcrouter}}
  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}
  template:
    metadata: {labels: {app: mcrouter}}
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: mcrouter
          ports: [{containerPort: 11211}]
          readinessProbe: {tcpSocket: {port: 11211}}
`
	plainService = `
apiVersion: v1
kind: Service
metadata: {namespace: core, name: mcrouter}
spec:
  clusterIP: 10.96.0.10
  internalTrafficPolicy: Cluster
  selector: {app: mcrouter}
  ports: [{port: 11211}]
`
)

// policy is one for everybody.
func policy(generation int64, edit ...func(*v1alpha1.NodeLocalPolicy)) *v1alpha1.NodeLocalPolicy {
	p := &v1alpha1.NodeLocalPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "everyone", UID: types.UID("p-1"), Generation: generation},
		Spec: v1alpha1.NodeLocalPolicySpec{
			Enforcement: v1alpha1.EnforcementEnforce,
			Services:    &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired},
			DaemonSets:  &v1alpha1.DaemonSetDefaults{NodeLocal: v1alpha1.NodeLocalRequired},
		},
	}
	for _, f := range edit {
		f(p)
	}
	return p
}

func (w *world) hold(policies ...*v1alpha1.NodeLocalPolicy) {
	w.api.mu.Lock()
	defer w.api.mu.Unlock()
	for _, p := range policies {
		if path := policiesPath + "/" + p.Name + "/status"; w.api.objects[path] == nil {
			w.api.objects[path] = map[string]any{}
		}
	}
	w.store.PutNamespace(&input.Namespace{Name: "core"})
	w.policies.Store(enforcement.New(policies))
}

// mirrored lets the mirror follow and namespace core be judged.
func (w *world) mirrored() {
	w.see(theService)
	w.see(theDaemon)
	w.mark("core")
}

// follows reports whether both objects follow the policy.
func (w *world) follows() bool {
	w.mirrored()
	return w.record(theService) != "" && w.record(theDaemon) != ""
}

// free reports whether neither does.
func (w *world) free() bool {
	w.mirrored()
	return w.record(theService) == "" && w.record(theDaemon) == ""
}

func (w *world) record(object target) string {
	w.t.Helper()
	annotations, _ := w.api.get(w.t, object.path())["metadata"].(map[string]any)["annotations"].(map[string]any)
	text, _ := annotations[v1alpha1.AnnotationEnforcedBy].(string)
	return text
}

// status is the one that was written last.
func (w *world) status() v1alpha1.NodeLocalPolicyStatus {
	w.t.Helper()
	text, err := json.Marshal(w.api.get(w.t, policiesPath+"/everyone/status"))
	if err != nil {
		w.t.Fatal(err)
	}
	return decode[v1alpha1.NodeLocalPolicy](w.t, text).Status
}

func (w *world) progressing() string {
	status := w.status()
	return reasonOf(&status)
}

// says reports whether the status has a reason.
func (w *world) says(reason string) func() bool {
	return func() bool {
		w.mirrored()
		return w.progressing() == reason
	}
}

// still lets time go by.
func (w *world) still(d time.Duration) {
	end := w.clock.Now().Add(d)
	w.until("the time", func() bool { w.mirrored(); return !w.clock.Now().Before(end) })
}

// bare is what is compared of an object before and after.
func (w *world) bare(object target) map[string]any {
	found := w.api.get(w.t, object.path())
	delete(found["metadata"].(map[string]any), "resourceVersion")
	return found
}

func begun(t *testing.T, mode Mode, policies ...*v1alpha1.NodeLocalPolicy) *world {
	t.Helper()
	w := newWorld(t, mode)
	w.put(plainDaemon)
	w.put(plainService)
	w.hold(policies...)
	w.start()
	return w
}

func TestAPolicyIsRolledOutAndTakenBack(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(plainDaemon)
	w.put(plainService)
	before := []map[string]any{w.bare(theDaemon), w.bare(theService)}
	w.hold(policy(1))
	w.start()
	w.until("the roll-out", w.follows)
	if got := w.spec("internalTrafficPolicy"); got != "Local" {
		t.Errorf("internalTrafficPolicy is %v, want Local", got)
	}
	w.until("its end to be said", w.says(rollout.ReasonComplete))
	status := w.status()
	if status.Matched != 2 || status.Enforced != 2 || status.Pending != 0 || status.ObservedGeneration != 1 || status.Rollout != nil {
		t.Errorf("the status is %+v", status)
	}
	writes := slices.DeleteFunc(w.api.written(), func(write string) bool {
		return write != "PATCH "+theDaemon.path() && write != "PATCH "+theService.path()
	})
	if diff := cmp.Diff([]string{"PATCH " + theDaemon.path(), "PATCH " + theService.path()}, writes); diff != "" {
		t.Errorf("the DaemonSet comes first, each once: %s", diff)
	}
	w.hold()
	w.until("the undo", w.free)
	if diff := cmp.Diff(before, []map[string]any{w.bare(theDaemon), w.bare(theService)}); diff != "" {
		t.Errorf("after the undo: %s", diff)
	}
	w.until("the policy to be forgotten", func() bool {
		w.mirrored()
		w.roller.mu.Lock()
		defer w.roller.mu.Unlock()
		return len(w.roller.tracked) == 0
	})
	said := strings.Join(w.said(), "\n")
	for _, reason := range []string{ReasonRolloutStarted, ReasonPolicyApplied, ReasonRolloutComplete, ReasonPolicyUndone, ReasonUndoComplete} {
		if !strings.Contains(said, " "+reason+" ") {
			t.Errorf("%s was not said in:\n%s", reason, said)
		}
	}
}

func TestAPolicyThatIsEditedAllTheTimeChangesNothingUntilItIsLeftAlone(t *testing.T) {
	w := begun(t, ModeRepair, policy(1))
	for generation := int64(2); generation < 30; generation++ {
		w.hold(policy(generation))
		w.still(time.Second)
	}
	if !w.free() {
		t.Error("objects were changed while the policy was")
	}
	w.until("the roll-out", w.follows)
}

func TestARollOutIsHeld(t *testing.T) {
	paused := func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Rollout = &v1alpha1.Rollout{Paused: true} }
	tests := map[string]struct {
		mode   Mode
		policy *v1alpha1.NodeLocalPolicy
		reason string
	}{
		"if the policy is paused":             {ModeRepair, policy(1, paused), rollout.ReasonPaused},
		"if audit is only to report":          {ModeReport, policy(1), rollout.ReasonPaused},
		"if the policy is not to be enforced": {ModeRepair, policy(1, func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Enforcement = "Warn" }), rollout.ReasonNotEnforced},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := begun(t, test.mode, test.policy)
			w.until("the reason", w.says(test.reason))
			w.still(10 * time.Second)
			if !w.free() {
				t.Error("objects were changed")
			}
		})
	}
}

func TestWithoutAdmissionNothingIsRolledOut(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.unregistered.Store(true)
	w.put(plainDaemon)
	w.put(plainService)
	w.hold(policy(1))
	w.start()
	w.until("the reason", w.says(rollout.ReasonNotRegistered))
	if !w.free() {
		t.Error("objects were changed")
	}
	w.unregistered.Store(false)
	w.until("the roll-out", w.follows)
}

func TestRisingViolationsPauseARollOutUntilTheyAreGone(t *testing.T) {
	paused := func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Rollout = &v1alpha1.Rollout{Paused: true} }
	w := begun(t, ModeRepair, policy(1, paused))
	w.until("the beginning", w.says(rollout.ReasonPaused))
	hostPort := strings.NewReplacer("name: mcrouter}", "name: worse}", "containerPort: 11211", "containerPort: 11211, hostPort: 11211").Replace(plainDaemon)
	w.put(hostPort)
	// The DaemonSet itself, and the Service that it answers beside the other.
	w.until("the violations", func() bool { w.mirrored(); return w.status().Violating == 2 })
	w.hold(policy(1))
	w.until("the pause", w.says(rollout.ReasonViolationsRose))
	if status := w.status(); status.Violating != 2 || status.Rollout == nil || status.Rollout.ViolatingBefore != 0 {
		t.Errorf("the status is %+v", status)
	}
	if !w.free() {
		t.Error("objects were changed")
	}
	w.store.DeleteDaemonSet("core", "worse")
	w.until("the roll-out", w.follows)
	if said := strings.Join(w.said(), "\n"); strings.Count(said, ReasonRolloutPaused) != 2 || !strings.Contains(said, "2 objects break a rule") {
		t.Errorf("said %s", said)
	}
}

func TestAnotherLeaderRemembersHowARollOutBegan(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(plainDaemon)
	w.put(plainService)
	stored := policy(1)
	stored.Status.Rollout = &v1alpha1.RolloutStatus{Generation: 1, ViolatingBefore: 7, Started: metav1.NewTime(today)}
	raw, err := json.Marshal(map[string]any{"items": []any{stored}})
	if err != nil {
		t.Fatal(err)
	}
	w.api.objects[policiesPath] = *decode[map[string]any](t, raw)
	w.hold(policy(1, func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Rollout = &v1alpha1.Rollout{Paused: true} }))
	w.start()
	w.until("the status", w.says(rollout.ReasonPaused))
	if status := w.status(); status.Rollout == nil || status.Rollout.ViolatingBefore != 7 {
		t.Errorf("the roll-out is %+v, want the one that was begun", status.Rollout)
	}
	if said := strings.Join(w.said(), "\n"); strings.Contains(said, ReasonRolloutStarted) {
		t.Errorf("it is begun again: %s", said)
	}
}

func TestARefusedChangeIsSaidAndCounted(t *testing.T) {
	w := begun(t, ModeRepair, policy(1))
	w.api.mu.Lock()
	w.api.refuse = "somebody else's webhook says no"
	w.api.mu.Unlock()
	w.until("the refusals", func() bool {
		w.mirrored()
		w.roller.mu.Lock()
		defer w.roller.mu.Unlock()
		return w.roller.book.Counts("everyone").Refused == 2
	})
	if said := strings.Join(w.said(), "\n"); strings.Count(said, ReasonRolloutRefused) != 2 || !strings.Contains(said, "says no") {
		t.Errorf("said %s", said)
	}
	w.api.mu.Lock()
	w.api.refuse = ""
	w.api.mu.Unlock()
	w.until("the next attempt", w.follows)
}

func TestViolationsOfAPolicyThatAuditsAreReported(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(plainService)
	w.put(strings.Replace(plainDaemon, "containerPort: 11211", "containerPort: 11211, hostPort: 11211", 1))
	audit := policy(1, func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Enforcement = v1alpha1.EnforcementAudit })
	w.hold(audit)
	w.judge("core")
	found := w.report("core").Results
	i := slices.IndexFunc(found, func(e entry) bool { return e.Rule == "ISH201" })
	if i < 0 || found[i].Result != resultWarn || found[i].Properties["policy"] != "everyone" || !strings.Contains(found[i].Message, "NodeLocalPolicy everyone") {
		t.Fatalf("the report says %+v", found)
	}
	if said := w.said(); len(said) != 0 {
		t.Errorf("nobody is refused anything, and it was said: %q", said)
	}
	enforced := policy(2)
	w.hold(enforced)
	w.judge("core")
	if i = slices.IndexFunc(w.report("core").Results, func(e entry) bool { return e.Rule == "ISH201" && e.Result == resultFail }); i < 0 {
		t.Errorf("enforced, the report says %+v", w.report("core").Results)
	}
	w.hold()
	w.judge("core")
	if w.api.objects[reportPath("core")] != nil {
		t.Error("nothing takes part any more, and there is a report")
	}
}

func TestReportsBelongToOurNamespace(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.api.objects["/api/v1/namespaces/inshore-system"] = map[string]any{"metadata": map[string]any{"name": "inshore-system", "uid": "n-1"}}
	w.begin(w.term.Audit)
	w.put(broken)
	w.judge("core")
	want := []metav1.OwnerReference{{APIVersion: "v1", Kind: "Namespace", Name: "inshore-system", UID: "n-1"}}
	if diff := cmp.Diff(want, w.report("core").Metadata.OwnerReferences); diff != "" {
		t.Error(diff)
	}
	w.api.written()
	w.judge("core")
	if writes := w.api.written(); len(writes) != 0 {
		t.Errorf("a second pass wrote %q", writes)
	}
}

func TestAPolicyOfTheSameNameIsAnother(t *testing.T) {
	w := begun(t, ModeRepair, policy(1))
	w.until("the roll-out", w.follows)
	w.until("its end", w.says(rollout.ReasonComplete))
	w.hold()
	w.still(time.Second)
	w.hold(policy(1, func(p *v1alpha1.NodeLocalPolicy) { p.UID = "p-2" }))
	w.still(20 * time.Second)
	if !w.follows() {
		t.Error("objects were taken back although a policy that says the same was there a second later")
	}
}
