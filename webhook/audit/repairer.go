package audit

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"k8s.io/client-go/util/flowcontrol"
	"k8s.io/client-go/util/workqueue"

	"github.com/inshore-dev/inshore/webhook/mutate"
)

const (
	// gap is the least time between two writes of one object: the mirror sees the
	// first within it.
	gap = 30 * time.Second
	// pauseFirst is how long to leave an object alone whose repair was undone or
	// refused; it doubles each time, up to pauseLast.
	pauseFirst, pauseLast = time.Minute, time.Hour
	// memory is how long a repair is remembered: one that is undone later counts
	// as the first.
	memory = 3 * time.Hour
	// rolloutRate and rolloutBurst bound the repairs that change a pod template,
	// a second: the pods of a DaemonSet are replaced by it, and a thousand
	// rollouts at once is more than a cluster should be given by surprise.
	rolloutRate, rolloutBurst = 0.1, 5
	rolloutPause              = 10 * time.Second
)

// repairer patches objects that admission missed, one at a time.
type repairer struct {
	*Audit
	objects
	notices  *notices
	queue    workqueue.TypedRateLimitingInterface[target]
	limit    flowcontrol.RateLimiter
	rollouts flowcontrol.PassiveRateLimiter
	// mark has a namespace judged again.
	mark func(namespace string)

	mu      sync.Mutex
	history map[target]*attempt
}

// attempt is what became of the last repair of an object.
type attempt struct {
	patch string
	at    time.Time
	// next is when the object may be written again.
	next time.Time
	// times is how often in a row it was undone or refused.
	times int
	// problem is why the object stays as it is; empty if it was repaired.
	problem string
}

func newRepairer(a *Audit, notices *notices, mark func(string)) *repairer {
	return &repairer{
		Audit: a, objects: objects{a.client, "inshore-repair"}, notices: notices, mark: mark,
		queue: workqueue.NewTypedRateLimitingQueueWithConfig(
			workqueue.NewTypedItemExponentialFailureRateLimiter[target](retryFirst, retryLast),
			workqueue.TypedRateLimitingQueueConfig[target]{Clock: a.Clock}),
		limit:    flowcontrol.NewTokenBucketRateLimiter(float32(a.RepairRate), max(1, int(a.RepairRate))),
		rollouts: flowcontrol.NewTokenBucketPassiveRateLimiterWithClock(rolloutRate, rolloutBurst, a.Clock),
		history:  map[target]*attempt{},
	}
}

// want has an object repaired as soon as the rate allows. The text says why the
// last repair did not help; empty if there is hope.
func (r *repairer) want(object target) (problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.history[object]
	if last == nil {
		r.queue.Add(object)
		return ""
	}
	r.queue.AddAfter(object, max(0, last.next.Sub(r.Clock.Now())))
	return last.problem
}

// work repairs until the queue is shut down.
func (r *repairer) work(ctx context.Context) {
	for {
		object, shutdown := r.queue.Get()
		if shutdown {
			return
		}
		r.one(ctx, object)
		r.queue.Done(object)
	}
}

func (r *repairer) one(ctx context.Context, object target) {
	// As for a pass: a panic must not end the process.
	defer func() {
		if cause := recover(); cause != nil {
			r.Metrics.repairs.WithLabelValues(failed).Inc()
			r.Log.Error(fmt.Errorf("panic: %v", cause), "Repairing; please report this", "object", object.String(), "stack", string(debug.Stack()))
		}
	}()
	if r.Registered() != nil {
		return // switched off since; whoever switches it on has all judged again
	}
	if wait := r.wait(object); wait > 0 {
		r.queue.AddAfter(object, wait)
		return
	}
	if r.limit.Wait(ctx) != nil {
		return // the end
	}
	result, err := r.repair(ctx, object)
	if result == "" || ctx.Err() != nil {
		r.queue.Forget(object)
		return
	}
	r.Metrics.repairs.WithLabelValues(result).Inc()
	switch result {
	case repaired, reverted:
		r.queue.Forget(object)
	case denied:
		r.Log.Info("The API server refuses a repair", "object", object.String(), "reason", err.Error())
		r.queue.Forget(object)
		r.refuse(object, err)
		r.mark(object.namespace)
	default:
		r.Log.V(1).Info("Repairing; tried again", "object", object.String(), "result", result, "reason", err.Error())
		r.queue.AddRateLimited(object)
	}
}

// wait is how long the object is to be left alone.
func (r *repairer) wait(object target) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last := r.history[object]; last != nil {
		return last.next.Sub(r.Clock.Now())
	}
	return 0
}

// undone reports whether the same patch has been written before.
func (r *repairer) undone(object target, patch mutate.Patch) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.history[object]
	return last != nil && last.problem == "" && last.patch == string(patch.AppendJSON(nil)) && r.Clock.Since(last.at) < memory
}

// remember notes a repair, and returns how long the object is left alone if it
// is undone. The first one may be undone by chance; from the second on it takes
// longer each time.
func (r *repairer) remember(object target, patch mutate.Patch) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, text := r.Clock.Now(), string(patch.AppendJSON(nil))
	next := &attempt{patch: text, at: now}
	wait = gap
	if last := r.history[object]; last != nil && last.patch == text && now.Sub(last.at) < memory {
		next.times = last.times + 1
		wait = pause(next.times)
	}
	next.next = now.Add(wait)
	r.history[object] = next
	return wait
}

// refuse notes that the API server does not let us.
func (r *repairer) refuse(object target, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.Clock.Now()
	next := &attempt{at: now, times: 1, problem: err.Error()}
	if last := r.history[object]; last != nil && last.problem != "" {
		next.times = last.times + 1
	}
	next.next = now.Add(pause(next.times))
	r.history[object] = next
}

// pause is the wait before the nth further attempt.
func pause(n int) time.Duration {
	wait := pauseFirst
	for ; n > 1 && wait < pauseLast; n-- {
		wait *= 2
	}
	return min(wait, pauseLast)
}

// done forgets an object that is gone.
func (r *repairer) done(object target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.history, object)
}

// forget drops what is too long ago to matter.
func (r *repairer) forget(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for object, last := range r.history {
		if now.Sub(last.at) > memory {
			delete(r.history, object)
		}
	}
}
