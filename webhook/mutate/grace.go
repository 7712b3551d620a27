package mutate

import (
	"github.com/inshore-dev/inshore/policies/input"
)

const (
	// defaultGrace is Kubernetes' default terminationGracePeriodSeconds.
	defaultGrace int64 = 30
	// graceAfterDrain is what a server has after the sleep to end its work, in
	// seconds: as long as everybody has by default.
	graceAfterDrain = defaultGrace

	whyGrace = "The preStop sleep counts against the grace period, so that is lengthened to leave the server 30 s after it."
)

var gracePeriod = place{"/spec/template/spec/terminationGracePeriodSeconds", "spec.template.spec.terminationGracePeriodSeconds"}

// grace settles the grace period, once the containers' sleeps are settled. A
// longer one than the drain needs is left alone.
//
// It is never put back below a sleep that stays: the API server would refuse
// the opt-out of somebody who has lengthened our sleep by hand.
func (e *edit) grace(pod *input.PodSpec, drain int64) {
	now := pod.TerminationGracePeriodSeconds
	mine, restored := own(&e.history, gracePeriod.pointer, now)
	target := mine
	if drain > 0 && graceOf(mine) < drain+graceAfterDrain {
		target = pointer(drain + graceAfterDrain)
	}
	if longest := longestSleep(pod); restored && graceOf(target) < longest && longest <= graceOf(now) {
		target = now
		if e.asked == "" {
			mine = now // nothing is recorded on the way out
		}
	}
	if !same(now, target) {
		e.template = append(e.template, "terminationGracePeriodSeconds")
	}
	pod.TerminationGracePeriodSeconds = settle(e, gracePeriod, now, mine, target, whyGrace)
}

func graceOf(seconds *int64) int64 {
	if seconds == nil {
		return defaultGrace
	}
	return *seconds
}

func longestSleep(pod *input.PodSpec) int64 {
	longest := noSleep
	for i := range pod.Containers {
		longest = max(longest, sleepOf(pod.Containers[i].Lifecycle))
	}
	for i := range pod.InitContainers {
		longest = max(longest, sleepOf(pod.InitContainers[i].Lifecycle))
	}
	return longest
}
