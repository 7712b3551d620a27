package audit

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/rollout"
)

func TestTheUndoOfAPolicyThatWasGoneBeforeWeCameDoesNotWaitForWhatWasJudgedBefore(t *testing.T) {
	r := newWorld(t, ModeRepair).roller
	audits := policy(1, func(p *v1alpha1.NodeLocalPolicy) { p.Spec.Enforcement = v1alpha1.EnforcementAudit })
	r.observe(enforcement.New([]*v1alpha1.NodeLocalPolicy{audits}), []string{"a", "b"}, today)
	r.judged("a", []rollout.Object{{Kind: v1alpha1.KindService, Name: "s", Holder: "everyone"}}, today)
	later := today.Add(time.Second)
	r.judged("b", []rollout.Object{{Kind: v1alpha1.KindService, Name: "s", Due: "gone", Undo: true}}, later)
	r.dispatch(later.Add(settleEdit))
	select {
	case j := <-r.jobs:
		if want := (rollout.Key{Kind: v1alpha1.KindService, Namespace: "b", Name: "s"}); j.key != want || !j.undo {
			t.Errorf("the job is %+v, want to undo %s", j, want)
		}
	default:
		t.Error("nothing is undone until namespace a happens to be judged again")
	}
}

func TestARollOutThatIsHeldIsNeverSaidToGoOn(t *testing.T) {
	r := newWorld(t, ModeReport).roller
	r.observe(enforcement.New([]*v1alpha1.NodeLocalPolicy{policy(1)}), []string{"core"}, today)
	r.judged("core", []rollout.Object{{Kind: v1alpha1.KindService, Name: "s", Holder: "everyone", Due: "everyone"}}, today)
	r.say(t.Context(), today.Add(settleEdit))
	if got := reasonOf(&r.tracked["everyone"].status); got != rollout.ReasonPaused {
		t.Errorf("the first status says %s, want %s: nothing may be changed", got, rollout.ReasonPaused)
	}
}

func TestAPolicyThatComesWhileATermBeginsIsJudgedBy(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(plainService)
	before := w.Rules()
	w.observe(before)
	w.hold(policy(1))
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	group.Go(func() { w.look(ctx, before) })
	defer func() { stop(); group.Wait() }()
	w.until("everything to be judged again", func() bool { return w.queue.Len() > 0 })
	if waited := w.clock.Since(today); waited >= sweepInterval {
		t.Errorf("it was judged again after %v, for no other reason than the time", waited)
	}
}

func TestAPanicOverAPolicyCostsOneLookAndNotTheProcess(t *testing.T) {
	r := newWorld(t, ModeRepair).roller
	// Nothing that is known makes it panic.
	r.tracked["broken"] = nil
	looks := 0
	for _, look := range []func(){
		func() { r.dispatch(today) },
		func() { r.say(t.Context(), today) },
	} {
		r.survive("Looking", func() { looks++; look(); t.Error("it did not panic") })
	}
	if looks != 2 || !r.mu.TryLock() {
		t.Errorf("%d looks of 2 were taken, or the lock is still held", looks)
	}
}
