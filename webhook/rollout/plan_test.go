package rollout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

var start = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// scene is a Book and the cluster that it is about.
type scene struct {
	clock   *clocktesting.FakeClock
	daemons *Daemons
	book    *Book
	policy  Policy
}

func newScene() *scene {
	s := &scene{clock: clocktesting.NewFakeClock(start), policy: Policy{Name: "everyone", Generation: 1}}
	s.daemons = NewDaemons(s.clock)
	s.book = NewBook(s.daemons)
	return s
}

// put reads objects written as "daemonset a pending", "service b follows".
func (s *scene) put(namespace string, lines ...string) {
	var objects []Object
	for _, line := range lines {
		words := strings.Fields(line)
		o := Object{Kind: v1alpha1.KindService, Name: words[1], Holder: "everyone"}
		if words[0] == "daemonset" {
			o.Kind = v1alpha1.KindDaemonSet
		}
		for _, word := range words[2:] {
			switch word {
			case "pending":
				o.Due = "everyone"
			case "undo":
				o.Due, o.Undo, o.Holder = "everyone", true, ""
			case "follows":
				o.Follows = true
			case "violating":
				o.Violating = true
			}
		}
		objects = append(objects, o)
	}
	s.book.Put(namespace, objects, s.clock.Now())
}

// daemonSet tells of a DaemonSet on three nodes.
func (s *scene) daemonSet(namespace, name string, available int32) {
	s.daemons.Put(&appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: 1},
		Status: appsv1.DaemonSetStatus{
			ObservedGeneration: 1, DesiredNumberScheduled: 3, UpdatedNumberScheduled: 3, NumberAvailable: available,
		},
	})
}

// steps takes steps without anything being seen of them until there is none.
func (s *scene) steps() []string {
	var taken []string
	for {
		step := s.book.Next(s.policy, s.clock.Now())
		if !step.Found {
			return append(taken, strings.TrimSuffix(step.Reason+": "+step.Message, ": "))
		}
		s.book.Written(s.policy, step.Change, step.Undo, s.clock.Now())
		taken = append(taken, step.Change.String())
	}
}

const (
	unseenYet = "waiting to see what was written"
	complete  = ReasonComplete + ": nothing is left to change"
)

func TestSteps(t *testing.T) {
	tests := map[string]struct {
		cluster func(*scene)
		want    []string
	}{
		"if nothing is due, the roll-out is complete": {
			func(s *scene) { s.put("a", "service s follows", "daemonset d follows") },
			[]string{complete},
		},
		"if a DaemonSet is due, the Services of its namespace and everything after it wait until it was seen": {
			func(s *scene) {
				s.put("a", "service s pending", "daemonset d pending")
				s.put("b", "service s pending")
			},
			[]string{"DaemonSet a/d", "RollingOut: waiting for DaemonSet a/d"},
		},
		"if there are Services only, none waits for another": {
			func(s *scene) {
				s.put("b", "service y pending", "service x pending")
				s.put("a", "service z pending")
			},
			[]string{"Service a/z", "Service b/x", "Service b/y", "RollingOut: " + unseenYet},
		},
		"if the policy names namespaces to begin with, they come first, in its order": {
			func(s *scene) {
				s.policy.Rollout.First = []string{"c", "gone", "b", "c"}
				for _, namespace := range []string{"a", "b", "c"} {
					s.put(namespace, "service s pending")
				}
			},
			[]string{"Service c/s", "Service b/s", "Service a/s", "RollingOut: " + unseenYet},
		},
		"if a DaemonSet that follows is not back, nothing else is changed": {
			func(s *scene) {
				s.put("a", "daemonset d follows", "service s pending")
				s.daemonSet("a", "d", 2)
			},
			[]string{"RollingOut: waiting for DaemonSet a/d"},
		},
		"if it makes no progress, the roll-out pauses": {
			func(s *scene) {
				s.put("a", "daemonset d follows", "service s pending")
				s.daemonSet("a", "d", 2)
				s.clock.Step(Patience)
			},
			[]string{"DaemonSetsUnready: 1 DaemonSets that follow the policy lack an available pod: DaemonSet a/d; maxUnreadyDaemonSets is 1"},
		},
		"if more are allowed to be unready, the roll-out goes on": {
			func(s *scene) {
				s.policy.Rollout.MaxUnreadyDaemonSets = 2
				s.put("a", "daemonset d follows", "service s pending")
				s.daemonSet("a", "d", 2)
				s.clock.Step(Patience)
			},
			[]string{"Service a/s", "RollingOut: " + unseenYet},
		},
		"if more than allowed are unready, the roll-out pauses at once": {
			func(s *scene) {
				s.put("a", "daemonset d follows", "daemonset e follows", "service s pending")
				s.daemonSet("a", "d", 2)
				s.daemonSet("a", "e", 2)
			},
			[]string{"DaemonSetsUnready: 2 DaemonSets that follow the policy lack an available pod: DaemonSet a/d, DaemonSet a/e; maxUnreadyDaemonSets is 1"},
		},
		"if a DaemonSet that does not follow is unready, it is nothing to us": {
			func(s *scene) {
				s.put("a", "daemonset d pending", "service s pending")
				s.daemonSet("a", "d", 0)
				s.daemonSet("a", "other", 0)
			},
			[]string{"DaemonSet a/d", "RollingOut: waiting for DaemonSet a/d"},
		},
		"if more objects break a rule than at the beginning, the roll-out pauses": {
			func(s *scene) {
				s.policy.ViolatingBefore, s.policy.Rollout.MaxNewViolations = 1, 1
				s.put("a", "service s pending", "daemonset x violating", "daemonset y violating follows", "daemonset z violating")
			},
			[]string{"ViolationsRose: 3 objects break a rule; 1 did when the roll-out began, and maxNewViolations is 1"},
		},
		"if no more do, it goes on": {
			func(s *scene) {
				s.policy.ViolatingBefore = 2
				s.put("a", "service s pending", "daemonset x violating", "daemonset y violating follows")
			},
			[]string{"Service a/s", "RollingOut: " + unseenYet},
		},
		"if the policy is paused, nothing is changed, not even back": {
			func(s *scene) {
				s.policy.Rollout.Paused = true
				s.put("a", "service s pending", "service t undo")
			},
			[]string{"Paused: spec.rollout.paused is set"},
		},
		"if objects are to go back, Services go first and trouble does not stop them": {
			func(s *scene) {
				s.put("a", "service s undo", "daemonset d undo", "daemonset x violating")
				s.put("b", "daemonset f follows", "daemonset g follows")
				s.daemonSet("b", "f", 0)
				s.daemonSet("b", "g", 0)
				s.daemonSet("a", "d", 0)
			},
			[]string{"Service a/s", "DaemonSet a/d", "Undoing: " + unseenYet},
		},
		"if a DaemonSet went back, the next one waits for it": {
			func(s *scene) { s.put("a", "daemonset d undo", "daemonset e undo") },
			[]string{"DaemonSet a/e", "Undoing: waiting for DaemonSet a/e"},
		},
		"if some go back and others forth, both are done": {
			func(s *scene) { s.put("a", "service s undo", "service t pending") },
			[]string{"Service a/s", "Service a/t", "RollingOut: " + unseenYet},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			test.cluster(s)
			if diff := cmp.Diff(test.want, s.steps()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestANamespaceIsLeftWhenItsDaemonSetIsBack(t *testing.T) {
	s := newScene()
	s.put("a", "daemonset d pending", "service s pending")
	s.put("b", "service s pending")
	s.steps()
	s.daemonSet("a", "d", 2)
	s.put("a", "daemonset d follows", "service s pending")
	if got := s.steps(); len(got) != 1 {
		t.Errorf("while the DaemonSet is short of a pod: %q", got)
	}
	s.daemonSet("a", "d", 3)
	if diff := cmp.Diff([]string{"Service a/s", "Service b/s", "RollingOut: " + unseenYet}, s.steps()); diff != "" {
		t.Error(diff)
	}
}

func TestADaemonSetThatAPersonReplacesIsNotWaitedFor(t *testing.T) {
	for strategy, want := range map[appsv1.DaemonSetUpdateStrategyType]bool{
		appsv1.RollingUpdateDaemonSetStrategyType: true,
		appsv1.OnDeleteDaemonSetStrategyType:      false,
	} {
		s := newScene()
		s.daemons.Put(&appsv1.DaemonSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "d", Generation: 2},
			Spec:       appsv1.DaemonSetSpec{UpdateStrategy: appsv1.DaemonSetUpdateStrategy{Type: strategy}},
			Status:     appsv1.DaemonSetStatus{ObservedGeneration: 2, DesiredNumberScheduled: 3, UpdatedNumberScheduled: 0, NumberAvailable: 3},
		})
		if _, unready := s.daemons.since("a", "d"); unready != want {
			t.Errorf("%s: with no pod of the newest template it is unready: %t, want %t", strategy, unready, want)
		}
	}
}

func TestUndoWaitsForADaemonSetOnlySoLong(t *testing.T) {
	s := newScene()
	s.policy.Rollout.MaxUnreadyDaemonSets = 1
	s.put("a", "daemonset d undo", "daemonset e undo")
	s.steps()
	s.daemonSet("a", "e", 1)
	s.put("a", "daemonset d undo")
	if diff := cmp.Diff([]string{"Undoing: waiting for DaemonSet a/e"}, s.steps()); diff != "" {
		t.Error(diff)
	}
	s.clock.Step(Patience)
	if diff := cmp.Diff([]string{"DaemonSet a/d", "Undoing: " + unseenYet}, s.steps()); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWasNotSeenIsWrittenAgainAfterAWhile(t *testing.T) {
	s := newScene()
	s.put("a", "service s pending")
	s.steps()
	s.clock.Step(unseen - time.Second)
	if got := s.steps(); len(got) != 1 {
		t.Errorf("too early: %q", got)
	}
	s.clock.Step(time.Second)
	if got := s.steps(); len(got) != 2 {
		t.Errorf("never again: %q", got)
	}
	// An edit makes what was written out of date.
	s.policy.Generation++
	if got := s.steps(); len(got) != 2 {
		t.Errorf("not for the edit: %q", got)
	}
}

func TestARefusedObjectHoldsNobodyUp(t *testing.T) {
	s := newScene()
	s.put("a", "daemonset d pending", "service s pending")
	refused := Key{v1alpha1.KindDaemonSet, "a", "d"}
	var waits []time.Duration
	for range 8 {
		step := s.book.Next(s.policy, s.clock.Now())
		if step.Change != refused {
			t.Fatalf("the step is %v", step)
		}
		s.book.Written(s.policy, refused, false, s.clock.Now())
		wait := s.book.Refused(s.policy, refused, s.clock.Now())
		waits = append(waits, wait)
		if step := s.book.Next(s.policy, s.clock.Now()); step.Change.Name != "s" {
			t.Fatalf("the next step is %v, want the Service", step)
		}
		s.clock.Step(wait)
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60}
	for i := range want {
		want[i] *= time.Minute
	}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Error(diff)
	}
	if got := s.book.Counts("everyone"); got.Refused != 1 || got.Pending != 2 {
		t.Errorf("counts are %+v", got)
	}
	s.put("a", "daemonset d follows", "service s pending")
	if got := s.book.Counts("everyone"); got.Refused != 0 {
		t.Errorf("counts are %+v after it was changed", got)
	}
}

func TestCountsFollowWhatIsPut(t *testing.T) {
	s := newScene()
	s.book.Expect([]string{"a", "b"})
	if s.book.KnownSince(start) {
		t.Error("known before anything was judged")
	}
	s.put("a", "daemonset d follows violating", "service s pending", "service t undo")
	s.put("b", "service s follows")
	if !s.book.KnownSince(start) || s.book.KnownSince(start.Add(1)) {
		t.Error("not known since the start")
	}
	want := Counts{Matched: 3, Enforced: 2, Violating: 1, Pending: 2, Undo: 1}
	if diff := cmp.Diff(want, s.book.Counts("everyone")); diff != "" {
		t.Error(diff)
	}
	s.put("a", "service s follows")
	s.book.Put("b", nil, s.clock.Now())
	if diff := cmp.Diff(Counts{Matched: 1, Enforced: 1}, s.book.Counts("everyone")); diff != "" {
		t.Error(diff)
	}
	s.put("a")
	if got := s.book.Policies(); len(got) != 0 {
		t.Errorf("policies %q concern nothing", got)
	}
}

func TestPaceBoundsEveryMinute(t *testing.T) {
	for _, perMinute := range []int32{1, 60, 6000} {
		t.Run(fmt.Sprint(perMinute), func(t *testing.T) {
			var pace Pace
			taken := 0
			for now := start; now.Before(start.Add(10 * time.Minute)); now = now.Add(7 * time.Millisecond) {
				if _, ok := pace.Take(now, perMinute); ok {
					taken++
				}
			}
			// Ten minutes, the first turn and what the slack lets pass.
			most := int(10*perMinute) + 1 + int(perMinute)/600
			if least := int(10*perMinute) * 99 / 100; taken > most || taken < least {
				t.Errorf("%d turns in ten minutes, want %d to %d", taken, least, most)
			}
		})
	}
}
