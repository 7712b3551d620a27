package audit

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// start runs the term until the test ends.
func (w *world) start() {
	ctx, cancel := context.WithCancel(w.t.Context())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.run(ctx)
	}()
	w.t.Cleanup(func() {
		cancel()
		<-stopped
	})
}

// until steps the clock until it is so.
func (w *world) until(what string, check func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !check(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain for %s", what)
		}
		w.clock.Step(200 * time.Millisecond)
	}
}

func (w *world) reported(rule string) func() bool {
	return func() bool {
		return strings.Contains(strings.Join(entries(w.report("core")), "\n"), rule)
	}
}

func TestALeaderJudgesWhatIsThereAndThenWhatChanges(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.put(broken)
	w.start()
	w.until("the first pass", w.reported("fail ISH201"))
	w.put(unmutated)
	w.mark("core")
	w.until("the repair", func() bool { return w.spec("internalTrafficPolicy") == "Local" })
}

func TestExceptionsAndTheirDaysAreNoticed(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.put(broken)
	expires := today.Add(time.Hour)
	var held atomic.Bool
	rules := w.Rules
	exceptions := excepting("ISH201", expires)
	w.term.Audit.Rules = func() validate.Rules {
		r := rules()
		if held.Load() {
			r.Exceptions = exceptions
		}
		return r
	}
	w.start()
	w.until("the first pass", w.reported("fail ISH201"))
	held.Store(true)
	w.until("the exception", w.reported("skip ISH201"))
	w.clock.SetTime(expires.Add(-time.Second))
	w.until("its day", w.reported("warn ISH201"))
	w.clock.SetTime(expires.Add(7*24*time.Hour - time.Second))
	w.until("the end of its grace", w.reported("fail ISH201"))
}

func TestAPanicCostsAPassOnly(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.Store = nil
	if err := w.pass(t.Context(), "core"); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("got %v", err)
	}
}

func TestANamespaceThatTakesLongWaitsLonger(t *testing.T) {
	w := newWorld(t, ModeReport)
	w.keep("slow", 3*time.Second)
	w.keep("quick", time.Millisecond)
	if w.took["slow"] != 3*time.Second || len(w.took) != 1 {
		t.Errorf("remembered %v", w.took)
	}
}

// quick are times for a Lease whose holder is in this process.
var quick = times{duration: 3 * time.Second, deadline: 2 * time.Second, retry: 50 * time.Millisecond}

func TestOneOfTwoLeadsAndTheOtherTakesOver(t *testing.T) {
	leases := fake.NewClientset().CoordinationV1()
	leading := make(chan string)
	join := func(name string) (leave func()) {
		ctx, cancel := context.WithCancel(t.Context())
		c := &candidate{leases: leases, namespace: "inshore-system", times: quick, log: logr.Discard()}
		stopped := make(chan error, 1)
		go func() {
			stopped <- c.run(ctx, func(ctx context.Context) {
				leading <- name
				<-ctx.Done()
			})
		}()
		return func() {
			cancel()
			if err := <-stopped; err != nil {
				t.Error(err)
			}
		}
	}
	leave := join("first")
	if got := <-leading; got != "first" {
		t.Fatalf("%s leads", got)
	}
	leaveToo := join("second")
	defer leaveToo()
	leave() // gives the Lease back
	if got := <-leading; got != "second" {
		t.Errorf("%s leads", got)
	}
}

func TestWhoLosesTheLeaseStopsAndJoinsAgain(t *testing.T) {
	client := fake.NewClientset()
	var away atomic.Bool
	client.PrependReactor("update", "leases", func(ktesting.Action) (bool, runtime.Object, error) {
		return away.Load(), nil, errors.New("the API server is away")
	})
	c := &candidate{
		leases: client.CoordinationV1(), namespace: "inshore-system", times: quick, log: logr.Discard(),
	}
	begins, ends := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() {
		stopped <- c.run(ctx, func(ctx context.Context) {
			begins <- struct{}{}
			<-ctx.Done()
			ends <- struct{}{}
		})
	}()
	<-begins
	away.Store(true)
	<-ends
	away.Store(false)
	<-begins
	cancel()
	<-ends
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestWithoutLeadershipAChangeIsNobodysBusiness(t *testing.T) {
	a := &Audit{Config: Config{Store: &related.Store{}}}
	a.Changed("core")
	a.Changed("")
}

func TestWhoSwitchesMutationOffSwitchesRepairOff(t *testing.T) {
	w := newWorld(t, ModeRepair)
	w.unregistered.Store(true)
	w.put(unmutated)
	w.start()
	w.until("the report", w.reported("warn "+RuleMissed))
	if got := w.spec("internalTrafficPolicy"); got != "Cluster" {
		t.Errorf("internalTrafficPolicy is %v: it was repaired all the same", got)
	}
	w.unregistered.Store(false)
	w.until("the repair", func() bool { return w.spec("internalTrafficPolicy") == "Local" })
}
