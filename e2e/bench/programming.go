package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

const (
	// landLimit is how long a pod that is ready may go without being reached.
	landLimit = 30 * time.Second
	// calm is how long the endpoints do not change before a sample: a kube-proxy syncs
	// at most once a second (minSyncPeriod), and shall not be measured waiting for that.
	calm = 1300 * time.Millisecond
	// agentCalm is the same for an agent, which has nothing to wait for.
	agentCalm = 30 * time.Millisecond
	// pace is between two attempts to connect: what is measured is at most so much,
	// and one attempt, too long.
	pace = 100 * time.Microsecond
)

// timing is one router's samples, in nanoseconds.
type timing struct {
	seen, written, slice []int64
	failed               int
}

// measureProgramming makes one pod a node ready and unready in turn, and looks
// when connections through its Service land.
//
// The kubelets are stopped, so that what they would write this writes; the
// pod's IP is the server's on that node.
func (b *bench) measureProgramming(ctx context.Context) error {
	stand, err := b.newStandIns(ctx, "programming", len(b.places))
	if err != nil {
		return err
	}
	defer stand.stop()
	timings := make([]timing, len(b.places))
	order := make([]int, len(b.places))
	for i := range order {
		order[i] = i
	}
	b.printf("programming, %d turns at %d Services", b.Turns, len(b.services))
	for range b.Turns {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			if p := b.places[i]; p.arm == PodIP || p.lost != "" {
				continue
			}
			if err := b.turn(ctx, stand, i, &timings[i]); err != nil {
				return err
			}
		}
	}
	for i, t := range timings {
		if p := b.places[i]; p.arm != PodIP && p.lost == "" {
			b.report.Programming = append(b.report.Programming, Programming{
				Arm: p.arm, Services: len(b.services), FromSeen: spreadOf(t.seen), FromWritten: spreadOf(t.written),
				FromSlice: spreadOf(t.slice), Failed: t.failed,
			})
		}
	}
	return stand.delete(ctx)
}

func (b *bench) turn(ctx context.Context, stand *standIns, i int, t *timing) error {
	times, wait := 1, calm
	if b.places[i].agent != nil {
		times, wait = AgentSamples, agentCalm
	}
	for range times {
		if err := b.landing(ctx, stand, i, wait, t); err != nil {
			return err
		}
	}
	if b.places[i].agent == nil {
		return nil
	}
	// kube-proxies hear of an agent's pods too.
	return sleep(ctx, calm)
}

// landing takes one sample: not ready until nothing lands any more, a while of
// nothing, then ready.
func (b *bench) landing(ctx context.Context, stand *standIns, i int, wait time.Duration, t *timing) error {
	p, pod := b.places[i], stand.pods[i]
	address := netip.AddrPortFrom(pod.service, servicePort).String()
	if err := pod.write(ctx, false); err != nil {
		return err
	}
	if err := awaitSilence(p.client, address); err != nil {
		return err
	}
	if err := sleep(ctx, wait); err != nil {
		return err
	}
	pod.forget()
	landed := make(chan call.Answer, 1)
	failed := make(chan error, 1)
	go func() {
		answer, err := p.client.Do(call.Order{Mode: call.Await, Address: address, Limit: landLimit, Pace: pace})
		failed <- err
		landed <- answer
	}()
	// So that attempts are under way when the pod becomes ready.
	if err := sleep(ctx, 10*time.Millisecond); err != nil {
		return err
	}
	written := call.Now()
	err := pod.write(ctx, true)
	answered := call.Now()
	if err := errors.Join(err, <-failed); err != nil {
		return err
	}
	answer := <-landed
	switch {
	case answer.Landed == 0:
		t.failed++
		return nil
	case answer.Landed < written:
		// It was not silent after all.
		return b.landing(ctx, stand, i, wait, t)
	}
	seen, slice, err := pod.seen(ctx)
	if err != nil {
		return err
	}
	t.written = append(t.written, answer.Landed-written)
	if seen == 0 || answered < seen {
		seen = answered
	}
	t.seen = append(t.seen, answer.Landed-seen)
	if slice != 0 {
		t.slice = append(t.slice, answer.Landed-slice)
	}
	return nil
}

// silence is how many connections in a row must fail before it is believed that
// nothing lands any more: on a busy machine one may fail for no such reason.
const silence = 10

func awaitSilence(client *call.Client, address string) error {
	for end := time.Now().Add(landLimit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		o := call.Order{Mode: call.Connect, Address: address, Bytes: 1, Count: silence, Limit: 20 * time.Millisecond}
		answer, err := client.Do(o)
		if err != nil || answer.Failed == silence {
			return err
		}
	}
	return fmt.Errorf("connections through %s still land %s after its only pod became unready", address, landLimit)
}

// sleep waits, unless ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// conditions are what a kubelet writes of a pod whose only news is whether it is ready.
func conditions(ready bool) []corev1.PodCondition {
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	return []corev1.PodCondition{
		{Type: corev1.PodInitialized, Status: corev1.ConditionTrue},
		{Type: corev1.PodScheduled, Status: corev1.ConditionTrue},
		{Type: corev1.ContainersReady, Status: status},
		{Type: corev1.PodReady, Status: status},
	}
}
