package heartbeat

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
)

const (
	// Period is how often the Lease is renewed, Duration how long it holds:
	// as kubelets do with theirs (KEP-9), three renewals may be lost.
	Period   = 10 * time.Second
	Duration = 40 * time.Second
	// retryPeriod is the wait after a renewal that failed.
	retryPeriod = 2 * time.Second
)

// Config is what a [Lease] is made of.
type Config struct {
	// Coordination is a client of the group coordination.k8s.io. It needs get,
	// create and update on leases in the namespace.
	Coordination rest.Interface
	// Namespace is where agents' Leases are, Node the Lease's name, Holder who
	// renews it (the pod).
	Namespace, Node, Holder string
	// Owner, if not nil, is the agent's pod: the Lease of a node that left the
	// cluster is collected with it.
	Owner *metav1.OwnerReference
	Clock clock.Clock
	Log   logr.Logger
}

// Lease is a heartbeat.
type Lease struct {
	config Config
	last   *coordinationv1.Lease
	// renewed is when that last succeeded, in nanoseconds since 1970.
	renewed atomic.Int64
}

// New returns a heartbeat that does not beat before Run.
func New(config Config) *Lease { return &Lease{config: config} }

// Renewed is when the Lease was last renewed; zero if never.
func (l *Lease) Renewed() time.Time {
	if n := l.renewed.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Run renews the Lease until ctx is done. A failure is logged once until it is over.
func (l *Lease) Run(ctx context.Context) {
	failing := false
	for {
		wait := Period
		if err := l.renew(ctx); err != nil {
			wait = retryPeriod
			if !failing && ctx.Err() == nil {
				l.config.Log.Error(err, "Cannot renew the Lease; after its duration this agent counts as gone, and its node's readiness gates are opened by the webhook",
					"duration", Duration.String())
			}
			failing = true
		} else {
			if failing {
				l.config.Log.Info("Renewed the Lease again")
			}
			failing = false
			l.renewed.Store(l.config.Clock.Now().UnixNano())
		}
		select {
		case <-ctx.Done():
			return
		case <-l.config.Clock.After(wait):
		}
	}
}

// renew writes the Lease on top of what it was. Whoever else wrote it meanwhile
// was an agent of this node too: reading it again and writing over it is right.
func (l *Lease) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Period)
	defer cancel()
	if l.last == nil {
		found := &coordinationv1.Lease{}
		err := l.config.Coordination.Get().Namespace(l.config.Namespace).Resource("leases").Name(l.config.Node).Do(ctx).Into(found)
		switch {
		case apierrors.IsNotFound(err):
			return l.create(ctx)
		case err != nil:
			return fmt.Errorf("reading Lease %s/%s: %w", l.config.Namespace, l.config.Node, err)
		}
		l.last = found
	}
	lease := l.fill(l.last.DeepCopy())
	written := &coordinationv1.Lease{}
	err := l.config.Coordination.Put().Namespace(l.config.Namespace).Resource("leases").Name(l.config.Node).Body(lease).Do(ctx).Into(written)
	if err != nil {
		l.last = nil
		return fmt.Errorf("renewing Lease %s/%s: %w", l.config.Namespace, l.config.Node, err)
	}
	l.last = written
	return nil
}

func (l *Lease) create(ctx context.Context) error {
	lease := l.fill(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: l.config.Namespace, Name: l.config.Node}})
	written := &coordinationv1.Lease{}
	err := l.config.Coordination.Post().Namespace(l.config.Namespace).Resource("leases").Body(lease).Do(ctx).Into(written)
	if err != nil {
		return fmt.Errorf("creating Lease %s/%s: %w", l.config.Namespace, l.config.Node, err)
	}
	l.last = written
	return nil
}

// fill sets what a renewal says.
func (l *Lease) fill(lease *coordinationv1.Lease) *coordinationv1.Lease {
	now := metav1.NewMicroTime(l.config.Clock.Now())
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity != l.config.Holder {
		lease.Spec.AcquireTime = &now
	}
	lease.Spec.HolderIdentity = new(l.config.Holder)
	lease.Spec.LeaseDurationSeconds = new(int32(Duration / time.Second))
	lease.Spec.RenewTime = &now
	lease.OwnerReferences = nil
	if l.config.Owner != nil {
		lease.OwnerReferences = []metav1.OwnerReference{*l.config.Owner}
	}
	return lease
}
