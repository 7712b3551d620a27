package mutate

import (
	"bytes"
	"slices"
	"strconv"

	"github.com/inshore-dev/inshore/policies/input"
)

const (
	pointerContainers = "/spec/template/spec/containers/"

	whySleep = "inshore.dev/drain: the container goes on serving for this long while the routing of every node learns that it leaves."
)

// sleep settles the built-in preStop sleep (KEP-3960, on by default since
// Kubernetes 1.30) of every container that has no preStop of its own.
//
// Init containers get none. A plain one is done before the pod serves, and a
// sidecar (restartPolicy Always, KEP-753) is stopped by the kubelet only after
// the containers proper have ended, so it lives through their sleep.
//
// The record names a container by its name, as [v1alpha1.Previous] documents:
// an index would mean another container once the list has been reordered. A
// container that was renamed is a new one, whose preStop is its own.
func (e *edit) sleep(containers []input.Container, seconds int64) []input.Container {
	after, cloned := containers, false
	for i := range containers {
		if containers[i].Name == "" {
			continue // only in a file, where it may be null, which takes no patch
		}
		lifecycle, changed := e.sleepOne(i, &containers[i], seconds)
		if !changed {
			continue
		}
		if !cloned {
			after, cloned = slices.Clone(containers), true
		}
		after[i].Lifecycle = lifecycle
	}
	return after
}

func (e *edit) sleepOne(index int, c *input.Container, seconds int64) (after *input.Lifecycle, changed bool) {
	mine := e.ownLifecycle(c)
	after = mine
	if seconds > 0 && (mine == nil || mine.PreStop == nil) {
		after = withSleep(mine, seconds)
		if mine == nil {
			e.remember(recordedLifecycle(c.Name), nil, lifecycleJSON(seconds))
		} else {
			e.remember(recordedPreStop(c.Name), nil, preStopJSON(seconds))
		}
	}
	from, to := sleepOf(c.Lifecycle), sleepOf(after)
	if from == to {
		return c.Lifecycle, false
	}
	e.writeSleep(pointerContainers+strconv.Itoa(index)+"/lifecycle", c.Lifecycle, after)
	e.template = append(e.template, "lifecycle.preStop")
	e.explain("spec.template.spec.containers["+c.Name+"].lifecycle.preStop",
		preStopOrNil(from), preStopOrNil(to), e.reason(whySleep, after == mine))
	return after, true
}

// ownLifecycle is the container's lifecycle without our sleep.
func (e *edit) ownLifecycle(c *input.Container) *input.Lifecycle {
	now := sleepOf(c.Lifecycle)
	if now == noSleep {
		return c.Lifecycle
	}
	for _, record := range e.records {
		if bytes.Equal(record[recordedLifecycle(c.Name)].To, lifecycleJSON(now)) {
			if *c.Lifecycle == (input.Lifecycle{PreStop: c.Lifecycle.PreStop}) {
				return nil
			}
			return withSleep(c.Lifecycle, noSleep)
		}
		if bytes.Equal(record[recordedPreStop(c.Name)].To, preStopJSON(now)) {
			return withSleep(c.Lifecycle, noSleep)
		}
	}
	return c.Lifecycle
}

// writeSleep appends the one operation between two lifecycles that differ in
// our sleep alone.
func (e *edit) writeSleep(at string, now, after *input.Lifecycle) {
	to := sleepOf(after)
	switch {
	case after == nil:
		e.remove(at)
	case now == nil:
		e.add(at, lifecycleJSON(to))
	case to == noSleep:
		e.remove(at + "/preStop")
	case now.PreStop == nil:
		e.add(at+"/preStop", preStopJSON(to))
	default:
		e.operate("replace", at+"/preStop/sleep/seconds", strconv.AppendInt(nil, to, 10))
	}
}
