package webhook

import (
	"context"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/webhook/deadline"
)

// newDeadline returns what opens the gates of dead agents, and what it must be
// told. Without node agents it is nil, and a runnable that does nothing.
func newDeadline(o *options, mgr manager.Manager, log logr.Logger) (*deadline.Rollouts, manager.Runnable) {
	if !o.opensGates() {
		return nil, idle
	}
	rollouts := deadline.NewRollouts(clock.RealClock{})
	return rollouts, deadline.New(deadline.Config{
		After:    o.agentDeadline,
		Rollouts: rollouts,
		Reader:   mgr.GetAPIReader(),
		Writer:   mgr.GetClient(),
		Events:   mgr.GetEventRecorder("inshore-webhook"),
		Metrics:  metrics.Registry,
		Clock:    clock.RealClock{},
		Log:      log,
	})
}

// idle runs until the process ends.
var idle = manager.RunnableFunc(func(ctx context.Context) error { <-ctx.Done(); return nil })
