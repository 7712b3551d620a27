package rollout

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// simulation is a cluster in which whatever the plan says is done, and comes up
// after a while.
type simulation struct {
	*scene
	objects map[string][]Object
	// down are the DaemonSets that are not back, with the time at which they are.
	down map[Key]time.Time
	// sighted says of what was written when the mirror shows it.
	sighted map[Key]time.Time
	changed []Key
	// replaced is set once another leader has taken over, who does not know which
	// DaemonSets went back a moment ago: it may let as many go again.
	replaced bool
}

// Whatever there is, however slow the mirror and the DaemonSets are and wherever
// the leader is replaced: every object is changed once, no more DaemonSets than
// allowed are down at once, and those of a namespace come before its Services.
func TestARollOutReachesEverythingInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		undo := rapid.Bool().Draw(t, "undo")
		s := &simulation{scene: newScene(), objects: map[string][]Object{}, down: map[Key]time.Time{}, sighted: map[Key]time.Time{}}
		s.policy.Rollout.MaxUnreadyDaemonSets = int32(rapid.IntRange(1, 3).Draw(t, "maxUnready"))
		total := 0
		for n := range rapid.IntRange(1, 4).Draw(t, "namespaces") {
			namespace := fmt.Sprintf("n%d", n)
			for i := range rapid.IntRange(0, 6).Draw(t, "objects") {
				kind := rapid.SampledFrom([]v1alpha1.Kind{v1alpha1.KindService, v1alpha1.KindDaemonSet}).Draw(t, "kind")
				o := Object{Kind: kind, Name: fmt.Sprint(i), Due: "everyone", Undo: undo}
				if !undo {
					o.Holder = "everyone"
				}
				s.objects[namespace] = append(s.objects[namespace], o)
				total++
			}
			s.judge(namespace)
		}
		replace := rapid.IntRange(0, 40).Draw(t, "leader replaced at")
		for tick := 0; ; tick++ {
			if tick > 5000 {
				t.Fatalf("changed %d of %d: %v", len(s.changed), total, s.book.Next(s.policy, s.clock.Now()))
			}
			if tick == replace && len(s.sighted) == 0 {
				s.book, s.replaced = NewBook(s.daemons), true
				for namespace := range s.objects {
					s.judge(namespace)
				}
			}
			step := s.book.Next(s.policy, s.clock.Now())
			if step.Found {
				s.change(t, step, time.Duration(rapid.IntRange(0, 20).Draw(t, "back after"))*time.Second)
			} else if step.Reason == ReasonComplete {
				break
			}
			s.clock.Step(time.Second)
			s.live(rapid.IntRange(0, 2).Draw(t, "mirror") == 0)
		}
		if len(s.changed) != total {
			t.Fatalf("changed %d of %d", len(s.changed), total)
		}
	})
}

// judge puts a copy of what the mirror shows.
func (s *simulation) judge(namespace string) {
	s.book.Put(namespace, append([]Object(nil), s.objects[namespace]...), s.clock.Now())
}

func (s *simulation) change(t *rapid.T, step Step, back time.Duration) {
	for _, key := range s.changed {
		if key == step.Change {
			t.Fatalf("%s is changed twice", key)
		}
		if key.Namespace != step.Change.Namespace || key.Kind == step.Change.Kind {
			continue
		}
		if first := v1alpha1.KindDaemonSet; (key.Kind == first) == step.Undo {
			t.Fatalf("%s is changed after %s", step.Change, key)
		}
	}
	s.changed = append(s.changed, step.Change)
	s.book.Written(s.policy, step.Change, step.Undo, s.clock.Now())
	s.sighted[step.Change] = s.clock.Now()
	if step.Change.Kind == v1alpha1.KindDaemonSet {
		s.down[step.Change] = s.clock.Now().Add(back)
		most := int(s.policy.Rollout.MaxUnreadyDaemonSets)
		if step.Undo && s.replaced {
			most *= 2
		}
		if len(s.down) > most {
			t.Fatalf("%d DaemonSets are down at once, want at most %d", len(s.down), most)
		}
	}
}

// live lets DaemonSets come up and the mirror show what was written.
func (s *simulation) live(mirrored bool) {
	if mirrored {
		for key := range s.sighted {
			for i, o := range s.objects[key.Namespace] {
				if o.key(key.Namespace) == key {
					s.objects[key.Namespace][i].Due, s.objects[key.Namespace][i].Follows = "", !o.Undo
				}
			}
			if _, down := s.down[key]; down {
				s.daemonSet(key.Namespace, key.Name, 2)
			}
			s.judge(key.Namespace)
			delete(s.sighted, key)
		}
	}
	for key, at := range s.down {
		if _, waits := s.sighted[key]; !waits && !s.clock.Now().Before(at) {
			s.daemonSet(key.Namespace, key.Name, 3)
			delete(s.down, key)
		}
	}
}
