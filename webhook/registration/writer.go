package registration

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/policies/enforcement"
)

// WriterConfig is what a [Writer] is made of. All fields are required.
type WriterConfig struct {
	// Cache holds the two configurations and tells of their changes.
	Cache cache.Cache
	// API reads from the API server itself.
	API client.Reader
	// Writer writes to it.
	Writer client.Writer
	// Known are the policies as far as this replica has heard; an error until it
	// has.
	Known func() (*enforcement.Set, error)
	// List reads all policies from the API server itself.
	List func(context.Context) (*enforcement.Set, error)
	// Spread is within what time replicas that notice the same change begin to
	// write, so that mostly one does and the others see that it is done.
	Spread time.Duration
	Clock  clock.Clock
	Log    logr.Logger
}

// Writer keeps the entries of policies in both configurations as the policies ask
// for. Any number of replicas do it side by side: each writes only what differs in
// meaning, into the version that it has read, and by policies that it has read
// after that version. So of two replicas that write, the later one knows all that
// the earlier one knew, and none takes a step back.
//
// It never creates a configuration, and touches no base entry. It is a
// manager.Runnable and needs get and patch of both configurations by name; with
// Cache, list and watch.
type Writer struct {
	config WriterConfig
	wake   chan struct{}
}

// NewWriter returns a Writer that does nothing before Start.
func NewWriter(config WriterConfig) *Writer {
	return &Writer{config: config, wake: make(chan struct{}, 1)}
}

// NeedLeaderElection is false: a leader that has died must not be waited for.
func (*Writer) NeedLeaderElection() bool { return false }

// Wake has the configurations looked at soon: call it when the policies may have
// changed.
func (w *Writer) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it is going to look anyway
	}
}

const (
	// lookInterval is how often everything is looked at although nobody called.
	lookInterval = 30 * time.Second
	// retryInterval is when to look again after another replica was first, or at
	// policies that are not known yet; failedInterval after any other failure.
	retryInterval  = time.Second
	failedInterval = 10 * time.Second
)

// Start writes until ctx is done.
func (w *Writer) Start(ctx context.Context) error {
	for _, object := range []client.Object{&admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}} {
		informer, err := w.config.Cache.GetInformer(ctx, object)
		if err != nil {
			return fmt.Errorf("preparing to watch %T: %w", object, err)
		}
		wake := func(any) { w.Wake() }
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc: wake, UpdateFunc: func(_, _ any) { w.Wake() }, DeleteFunc: wake,
		}); err != nil {
			return fmt.Errorf("preparing to watch %T: %w", object, err)
		}
	}
	for {
		again := w.config.Clock.NewTimer(w.look(ctx))
		select {
		case <-ctx.Done():
			again.Stop()
			return nil
		case <-w.wake:
			again.Stop()
		case <-again.C():
		}
	}
}

// look writes what has to be written, and returns when to look again although
// nothing has changed.
func (w *Writer) look(ctx context.Context) time.Duration {
	set, err := w.config.Known()
	if err != nil {
		return retryInterval // readiness says why
	}
	differ, err := w.differ(ctx, w.config.Cache, set)
	if err == nil && len(differ) > 0 {
		w.pause(ctx)
		err = w.write(ctx, differ)
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return lookInterval
	case errors.Is(err, errMoved):
		w.config.Log.V(1).Info("Looking again", "reason", err.Error())
		return retryInterval
	}
	w.config.Log.Error(err, "The webhook configurations stay as they are, trying again")
	return failedInterval
}

// differ are the phases whose configuration does not mean what set asks for.
func (w *Writer) differ(ctx context.Context, reader client.Reader, set *enforcement.Set) ([]phase, error) {
	var differ []phase
	for _, phase := range []phase{mutating, validating} {
		c, err := read(ctx, reader, phase)
		if err != nil {
			return nil, err
		}
		patch, err := c.change(set)
		if err != nil {
			return nil, err
		}
		if patch != nil {
			differ = append(differ, phase)
		}
	}
	return differ, nil
}

// write brings the configurations of phases up to date.
func (w *Writer) write(ctx context.Context, phases []phase) error {
	var errs []error
	for _, phase := range phases {
		errs = append(errs, w.writeOne(ctx, phase))
	}
	return errors.Join(errs...)
}

// writeOne reads the configuration first and the policies then: whoever wrote that
// version had read them before.
func (w *Writer) writeOne(ctx context.Context, phase phase) error {
	c, err := read(ctx, w.config.API, phase)
	if err != nil {
		return err
	}
	set, err := w.config.List(ctx)
	if err != nil {
		return err
	}
	patch, err := c.change(set)
	if err != nil || patch == nil {
		return err
	}
	version := c.object.GetResourceVersion()
	err = w.config.Writer.Patch(ctx, c.object, client.RawPatch(types.JSONPatchType, patch), client.FieldOwner("inshore-webhook"))
	switch {
	case err != nil && w.moved(ctx, phase, version, err):
		return fmt.Errorf("%s: %w", phase.name(), errMoved)
	case err != nil:
		return fmt.Errorf("writing the entries of policies into %s: %w", phase.name(), err)
	}
	w.config.Log.Info("Wrote the entries of policies", "configuration", phase.name(), "entries", len(derive(c.hooks, set, phase)))
	return nil
}

// errMoved says that there is a later version than the one that was read.
var errMoved = errors.New("another replica was first")

// moved reports whether a patch failed because the configuration is no longer the
// version that it was made from. Where entries have gone meanwhile, the API server
// cannot apply the patch, and answers 422 before it compares the versions.
func (w *Writer) moved(ctx context.Context, phase phase, version string, err error) bool {
	if apierrors.IsConflict(err) {
		return true
	}
	if !apierrors.IsInvalid(err) {
		return false
	}
	now, err := read(ctx, w.config.API, phase)
	return err == nil && (now == nil || now.object.GetResourceVersion() != version)
}

// pause lets another replica go first.
func (w *Writer) pause(ctx context.Context) {
	if w.config.Spread <= 0 {
		return
	}
	select {
	case <-ctx.Done():
	case <-w.config.Clock.After(rand.N(w.config.Spread)):
	}
}
