package audit

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/wait"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// LeaseName is the Lease that says who audits, in the namespace of the webhook.
const LeaseName = "inshore-webhook"

// The times of the Lease. Nothing is lost while nobody audits for half a minute
// after a leader has died, and a replica that waits asks every five seconds; one
// that ends in good order gives the Lease back at once.
var leaseTimes = times{duration: 30 * time.Second, deadline: 20 * time.Second, retry: 5 * time.Second}

// times are for how long a Lease holds, for how long its holder tries to renew
// it, and how often anybody looks at it.
type times struct{ duration, deadline, retry time.Duration }

// candidate takes part in the election.
type candidate struct {
	leases    coordinationclient.LeasesGetter
	namespace string
	times     times
	log       logr.Logger
	// leading is held while lead runs: the elector starts it on its own and does
	// not wait for its end.
	leading sync.Mutex
}

// run calls lead whenever this replica holds the Lease, with a context that ends
// when it no longer does. Losing the Lease costs nothing else: controller-runtime's
// manager would end the process, and with it every review under way.
func (c *candidate) run(ctx context.Context, lead func(context.Context)) error {
	identity, err := identity()
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := c.term(ctx, identity, lead); err != nil {
			return err
		}
		// An election that was lost is joined again, unless it is the end.
		select {
		case <-ctx.Done():
		case <-time.After(wait.Jitter(time.Second, 1)):
		}
	}
	c.leading.Lock()
	defer c.leading.Unlock()
	return nil
}

// term waits for the Lease and holds it for as long as it can.
func (c *candidate) term(ctx context.Context, identity string, lead func(context.Context)) error {
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Name: LeaseName,
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: c.namespace, Name: LeaseName},
			Client:     c.leases,
			LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
		},
		LeaseDuration: c.times.duration, RenewDeadline: c.times.deadline, RetryPeriod: c.times.retry,
		// What a former leader still has under way is harmless beside the next
		// one's: a report is applied as a whole, a repair names the version that it
		// was decided on.
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				c.leading.Lock()
				defer c.leading.Unlock()
				if ctx.Err() != nil {
					return
				}
				c.log.Info("Leading: this replica audits", "identity", identity)
				lead(ctx)
			},
			OnStoppedLeading: func() {},
			OnNewLeader:      func(string) {},
		},
	})
	if err != nil {
		return fmt.Errorf("preparing to elect who audits: %w", err)
	}
	elector.Run(logr.NewContext(ctx, c.log))
	return nil
}

// identity tells this process from every other, also from one of the same pod.
func identity() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("naming this replica: %w", err)
	}
	return host + "_" + string(uuid.NewUUID()), nil
}
