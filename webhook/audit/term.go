package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/workqueue"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/validate"
)

const (
	// settle is how long a namespace waits after a change, so that what is
	// written together is one pass.
	settle = time.Second
	// share is the reciprocal of what part of the time a namespace that always
	// changes is being judged.
	share = 10
	// lookInterval is how often to look for what concerns all namespaces.
	lookInterval = time.Second
	// allInterval is the least time between two passes over everything because of
	// changes that concern all namespaces: nodes come by the dozen.
	allInterval = 30 * time.Second
	// reportInterval is how often to look whether the cluster knows reports by
	// now.
	reportInterval = time.Minute
	// sweepInterval is how often to judge everything without a reason: what
	// somebody did to a report, or a change that was not seen as one.
	sweepInterval = time.Hour
	// retryFirst and retryLast bound the wait after a pass that failed.
	retryFirst, retryLast = time.Second, 5 * time.Minute
)

// term is one leadership: what is known of the cluster while it lasts.
type term struct {
	*Audit
	queue    workqueue.TypedRateLimitingInterface[string]
	reports  *reports
	repairer *repairer
	roller   *roller
	notices  *notices
	// all asks for everything to be judged again.
	all atomic.Bool
	// writes says whether reports can be written, and lacks why they cannot,
	// which is said once.
	writes atomic.Bool
	lacks  lack

	mu sync.Mutex
	// took is how long the last pass over a namespace took.
	took map[string]time.Duration
}

// lack is what keeps reports from being written.
type lack int

const (
	lacksNothing lack = iota
	lacksReports      // the CRD
	lacksAnswer       // of the API server
)

func newTerm(a *Audit) *term {
	queue := workqueue.NewTypedRateLimitingQueueWithConfig(
		workqueue.NewTypedItemExponentialFailureRateLimiter[string](retryFirst, retryLast),
		workqueue.TypedRateLimitingQueueConfig[string]{Clock: a.Clock})
	t := &term{Audit: a, queue: queue, reports: &reports{client: a.client, home: a.Namespace, digests: map[string]string{}}, took: map[string]time.Duration{}}
	t.notices = newNotices(a)
	t.repairer = newRepairer(a, t.notices, t.mark)
	t.roller = newRoller(a)
	return t
}

// run audits until ctx is done.
func (t *term) run(ctx context.Context) {
	if !t.await(ctx) {
		return
	}
	t.learn(ctx)
	t.roller.learn(ctx)
	rules := t.Rules()
	t.observe(rules)
	t.markAll()
	var group sync.WaitGroup
	group.Go(func() { t.look(ctx, rules) })
	group.Go(func() { t.work(ctx) })
	group.Go(func() { t.repairer.work(ctx) })
	group.Go(func() { t.roller.run(ctx) })
	<-ctx.Done()
	t.queue.ShutDown()
	t.repairer.queue.ShutDown()
	group.Wait()
}

// await waits for the mirror.
func (t *term) await(ctx context.Context) bool {
	for t.Ready() != nil {
		select {
		case <-ctx.Done():
			return false
		case <-t.Clock.After(lookInterval):
		}
	}
	return true
}

// learn looks which reports there are, and says so if there can be none.
func (t *term) learn(ctx context.Context) {
	err := t.reports.load(ctx)
	if err == nil {
		err = t.reports.learnOwner(ctx)
	}
	t.writes.Store(err == nil)
	before := t.lacks
	switch {
	case err == nil || ctx.Err() != nil:
		t.lacks = lacksNothing
	case errors.Is(err, errNoReports):
		if t.lacks = lacksReports; before == t.lacks {
			return
		}
		t.Log.Info("No reports are written: " + err.Error() + "; metrics and repair go on, and it is looked for every minute")
		t.notices.noReports()
	default:
		if t.lacks = lacksAnswer; before == t.lacks {
			return
		}
		t.Log.Error(err, "No reports are written for now")
	}
}

// mark has a namespace judged once it has settled.
func (t *term) mark(namespace string) {
	t.mu.Lock()
	wait := max(settle, share*t.took[namespace])
	t.mu.Unlock()
	t.queue.AddAfter(namespace, wait)
}

// markAll has every namespace judged, those with no more than a report included.
func (t *term) markAll() {
	namespaces := slices.Concat(t.Store.Namespaces(), t.reports.namespaces())
	slices.Sort(namespaces)
	for _, namespace := range slices.Compact(namespaces) {
		t.queue.Add(namespace)
	}
}

// look watches for what concerns all namespaces. rules are those that the roller
// knows: what has changed since is judged by.
func (t *term) look(ctx context.Context, rules validate.Rules) {
	platform, registered := t.Platform(), t.Registered() == nil
	swept, learnt, marked := rules.Now, rules.Now, time.Time{}
	edited := time.Time{} // when what holds changed first since everything was judged by it
	ticker := t.Clock.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C():
		}
		nowRules, nowPlatform, nowRegistered := t.Rules(), t.Platform(), t.Registered() == nil
		now := nowRules.Now
		if !t.writes.Load() && now.Sub(learnt) >= reportInterval {
			learnt = now
			if t.learn(ctx); t.writes.Load() {
				t.all.Store(true)
			}
		}
		if now.Sub(swept) >= sweepInterval {
			swept = now
			t.learn(ctx)
			t.repairer.forget(now)
			t.all.Store(true)
		}
		due := now.Sub(marked) >= allInterval && t.all.Swap(false)
		if due {
			marked = now
		}
		// A policy that is edited many times is judged by at the end.
		edits := differ(rules, nowRules)
		if edits && edited.IsZero() {
			edited = now
		}
		if !edited.IsZero() && (!edits || now.Sub(edited) >= allInterval) {
			due, edited = true, time.Time{}
		}
		t.observe(nowRules)
		if due || platform != nowPlatform || registered != nowRegistered {
			t.markAll()
		}
		rules, platform, registered = nowRules, nowPlatform, nowRegistered
		t.Metrics.waiting.Set(float64(t.queue.Len()))
	}
}

// observe tells the roller which policies there are.
func (t *term) observe(rules validate.Rules) {
	t.roller.observe(rules.Enforcement, t.Store.Namespaces(), t.Clock.Now())
}

// differ reports whether verdicts may differ between the two.
func differ(before, now validate.Rules) bool {
	return before.Engine != now.Engine || before.Exceptions != now.Exceptions || before.Enforcement != now.Enforcement || now.Exceptions.Turned(before.Now, now.Now)
}

// work judges one namespace after another.
func (t *term) work(ctx context.Context) {
	for {
		namespace, shutdown := t.queue.Get()
		if shutdown {
			return
		}
		began := t.Clock.Now()
		err := t.pass(ctx, namespace)
		t.keep(namespace, t.Clock.Since(began))
		if ctx.Err() == nil {
			t.Metrics.runs.WithLabelValues(result(err)).Inc()
		}
		if err != nil && ctx.Err() == nil {
			t.Log.Error(err, "Auditing; tried again later", "namespace", namespace)
			t.queue.AddRateLimited(namespace)
		} else {
			t.queue.Forget(namespace)
		}
		t.queue.Done(namespace)
	}
}

func (t *term) keep(namespace string, took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	// Most passes take a few milliseconds and need no memory.
	if delete(t.took, namespace); share*took > settle {
		t.took[namespace] = took
	}
}

// pass judges a namespace and says what it found.
func (t *term) pass(ctx context.Context, namespace string) (err error) {
	ctx, span := t.Tracer.Begin(ctx, "audit pass")
	// One object that makes us panic must cost its namespace's report, not every
	// review under way.
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
		span.Fail(err)
		span.End()
	}()
	span.Text("k8s.namespace.name", namespace)
	began := t.Clock.Now() // before the rules are asked for: they are not older
	rules, platform := t.Rules(), t.Platform()
	objects := t.Store.Annotated
	if len(rules.Enforcement.Policies()) > 0 {
		objects = t.Store.Judged
	}
	found := newTally(namespace)
	var standings []rollout.Object
	var panicked error
	for object := range objects(namespace) {
		if object.Meta().DeletionTimestamp != "" {
			continue
		}
		inspection, err := t.inspect(ctx, rules, platform, object)
		if ctx.Err() != nil {
			// A rule may have been cut short.
			return ctx.Err()
		}
		if err != nil {
			panicked = err
			continue
		}
		if standing, concerned := rollout.Of(object, inspection.Position); concerned {
			standings = append(standings, standing)
		}
		if inspection.TakesPart() {
			found.add(inspection, t.repair(inspection))
		}
	}
	t.roller.judged(namespace, standings, began)
	span.Count("inshore.audit.objects", found.objects)
	span.Count("inshore.audit.missed", found.missed)
	t.Metrics.show(found, rules.Now)
	t.notices.violations(ctx, found, t.unchanged(found))
	return errors.Join(panicked, t.write(ctx, found))
}

// inspect judges one object. One that makes us panic costs its own line in the
// report: neither its neighbours' nor the roll-out of a policy elsewhere.
func (t *term) inspect(ctx context.Context, rules validate.Rules, platform v1alpha1.Platform, object input.Object) (i Inspection, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("judging %s: panic: %v\n%s", targetOf(object), cause, debug.Stack())
		}
	}()
	return Inspect(ctx, rules, platform, t.Store, object), nil
}

// repair has an object patched that admission missed. The text says why it stays
// as it is. One that breaks a rule which denies is left alone without further
// words: admission would refuse the patch, and the report says what is wrong.
func (t *term) repair(i Inspection) (unrepaired string) {
	if len(i.Mutation.Patch) == 0 || i.Decision.Denied() {
		return ""
	}
	if t.Mode != ModeRepair {
		return "--audit=" + string(t.Mode)
	}
	if err := t.Registered(); err != nil {
		return err.Error()
	}
	return t.repairer.want(targetOf(i.Object))
}

// unchanged reports whether the namespace's report in the cluster says the same.
func (t *term) unchanged(found *tally) bool {
	report := t.reports.of(found)
	if report.seal() != nil {
		return false
	}
	digest, known := t.reports.digest(found.namespace)
	return known && digest == report.Metadata.Annotations[annotationDigest]
}

// write brings the namespace's report up to date.
func (t *term) write(ctx context.Context, found *tally) error {
	if !t.writes.Load() {
		return nil
	}
	operation, change := "apply", func() (bool, error) { return t.reports.apply(ctx, t.reports.of(found)) }
	if found.objects == 0 {
		operation, change = "delete", func() (bool, error) { return t.reports.remove(ctx, found.namespace) }
	}
	wrote, err := change()
	if errors.Is(err, errNoReports) {
		// It was there and is gone: look for it again in a while.
		t.writes.Store(false)
		return nil
	}
	if wrote || err != nil {
		t.Metrics.writes.WithLabelValues(operation, result(err)).Inc()
	}
	return err
}
