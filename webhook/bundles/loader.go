package bundles

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/reload"
)

// Patience is how long readiness waits for ConfigMaps and the server of a
// bundle. Below the time that a Deployment's rollout allows, by far.
const Patience = 30 * time.Second

// directoryInterval is how often directories are looked at.
const directoryInterval = 5 * time.Second

// eager is how often a server that has not answered yet is asked while
// readiness waits for it.
const eager = 2 * time.Second

// Config is what a [Loader] is made of.
type Config struct {
	// Directories are folders of rules.
	Directories []string
	// ConfigMaps watches those of our namespace that [Selector] selects; nil for
	// none.
	ConfigMaps cache.Informers
	// HTTP is a bundle on a server, asked for every Interval; nil for none.
	HTTP     *HTTP
	Interval time.Duration

	// Namespace and Deployment say what events are about.
	Namespace, Deployment string
	Events                events.EventRecorder
	Metrics               prometheus.Registerer
	Clock                 clock.WithTicker
	Log                   logr.Logger
}

// Loader has the engine in force. It is a manager.Runnable.
type Loader struct {
	config      Config
	holder      *reload.Holder
	reporter    *reporter
	directories []reload.Directory
	remote      *remote
}

// New loads the built-in rules and those of the directories, all of which must
// hold. The error is meant for the author of the rules.
func New(ctx context.Context, config Config) (*Loader, error) {
	l := &Loader{config: config, reporter: newReporter(config), remote: newRemote(config)}
	var initial []reload.Change
	for _, path := range config.Directories {
		directory := reload.Directory{Path: path, Interval: directoryInterval, Clock: config.Clock}
		l.directories = append(l.directories, directory)
		initial = append(initial, directory.Read())
	}
	if config.HTTP != nil {
		l.reporter.known(config.HTTP.Name())
	}
	holder, err := reload.New(ctx, reload.Config{Clock: config.Clock, Report: l.reporter.report}, initial...)
	if err != nil {
		return nil, err
	}
	l.holder = holder
	config.Metrics.MustRegister(collector{holder})
	return l, nil
}

// Engine is the engine in force.
func (l *Loader) Engine() *policies.Engine { return l.holder.Engine() }

// Ready is nil once ConfigMaps and the server have been read, or [Patience]
// is over.
func (l *Loader) Ready() error { return l.remote.ready() }

// NeedLeaderElection is false: every replica judges.
func (l *Loader) NeedLeaderElection() bool { return false }

// Start keeps the rules up to date until ctx is done.
func (l *Loader) Start(ctx context.Context) error {
	var group errgroup.Group
	for _, directory := range l.directories {
		group.Go(func() error { directory.Run(ctx, l.holder); return nil })
	}
	if l.config.ConfigMaps != nil {
		group.Go(func() error { l.watch(ctx); return nil })
	}
	if l.config.HTTP != nil {
		group.Go(func() error { l.poll(ctx); return nil })
	}
	group.Go(func() error { l.wait(ctx); return nil })
	return group.Wait()
}

// watch follows the ConfigMaps. Beginning to takes a word with the API server,
// which may be away just now.
func (l *Loader) watch(ctx context.Context) {
	for {
		err := newConfigMaps(l.config.ConfigMaps).run(ctx, l.holder, func() { l.remote.answered(configMapsName) })
		if err == nil {
			return // ctx is done
		}
		l.config.Log.Error(err, "Rules of ConfigMaps are not followed yet")
		l.remote.failed(configMapsName, err)
		select {
		case <-ctx.Done():
			return
		case <-l.config.Clock.After(eager):
		}
	}
}

// poll asks the server for the bundle: often until it has answered or nobody
// waits for it any more, then every interval.
func (l *Loader) poll(ctx context.Context) {
	name := l.config.HTTP.Name()
	for {
		change := l.config.HTTP.Fetch(ctx)
		if ctx.Err() != nil {
			return
		}
		l.holder.Apply(ctx, change)
		if change.Err == nil {
			l.remote.answered(name)
		} else {
			l.remote.failed(name, change.Err)
		}
		pause := jitter(l.config.Interval)
		if change.Err != nil && l.remote.ready() != nil {
			pause = eager
		}
		select {
		case <-ctx.Done():
			return
		case <-l.config.Clock.After(pause):
		}
	}
}

// wait ends our patience, and then tries again from time to time what was
// refused.
func (l *Loader) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-l.config.Clock.After(Patience):
		for name, err := range l.remote.giveUp() {
			l.reporter.missing(name, err)
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.config.Clock.After(time.Minute):
			l.holder.Apply(ctx)
		}
	}
}

// jitter is d, up to a tenth shorter or longer: replicas that started together
// should not ask together for ever.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)*float64(d)/5)
}
