package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Config is what a replay depends on besides the logs.
type Config struct {
	// Engine holds the rules to decide by.
	Engine *policies.Engine
	// Progress, if set, is told how many decisions have been read. It is
	// called from one goroutine.
	Progress func(done int)
}

// ErrNothing means that the logs hold no decision.
var ErrNothing = errors.New("no decision found: inshore-webhook writes them with --decision-log")

// Log is one log and what it is called in messages.
type Log struct {
	Name string
	io.Reader
}

// replayer gathers what the workers find.
type replayer struct {
	config Config
	mu     sync.Mutex
	report *Report
	// changes is by what changed for which object: an object that a controller
	// writes every minute is one change, seen often.
	changes map[string]*Change
}

// Run decides every logged decision again. An error means that the replay could
// not take place; lines that cannot be read are in the Report.
func Run(ctx context.Context, config Config, logs []Log) (*Report, error) {
	r := &replayer{config: config, report: newReport(config.Engine.Revision()), changes: map[string]*Change{}}
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, log := range logs {
		if err := r.read(ctx, workers, log); err != nil {
			return nil, errors.Join(err, workers.Wait())
		}
	}
	if err := workers.Wait(); err != nil {
		return nil, err
	}
	if r.report.Summary.Decisions == 0 && len(r.report.Problems) == 0 {
		return nil, ErrNothing
	}
	r.report.finish(r.changes)
	return r.report, nil
}

// read gives every entry of a log to a worker.
func (r *replayer) read(ctx context.Context, workers *errgroup.Group, log Log) error {
	for entry, err := range decisionlog.Read(log) {
		var line *decisionlog.ErrLine
		switch {
		case errors.As(err, &line):
			r.problem(fmt.Errorf("%s:%d: %w", log.Name, line.Line, line.Err))
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", log.Name, err)
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		r.count(entry)
		workers.Go(func() error {
			if err := r.decide(ctx, entry); err != nil {
				r.problem(fmt.Errorf("%s: %w", log.Name, err))
			}
			// A decision cut short by Ctrl-C says nothing.
			return context.Cause(ctx)
		})
	}
	return nil
}

// decide makes one decision again. What an exception let pass then it lets pass
// now: exceptions are not part of a bundle.
func (r *replayer) decide(ctx context.Context, entry *decisionlog.Entry) error {
	document, err := entry.Document()
	if err != nil {
		return err
	}
	decision := validate.Judge(ctx, validate.Rules{Engine: r.config.Engine, Now: entry.Time}, document)
	if ctx.Err() != nil {
		return nil
	}
	decision.Results = slices.DeleteFunc(decision.Results, func(result policies.Result) bool {
		return slices.Contains(entry.Excepted, result.ID)
	})
	for i, result := range decision.Results {
		if slices.Contains(entry.Grace, result.ID) {
			decision.Results[i].Severity = policies.SeverityWarning
		}
	}
	policies.SortResults(decision.Results)
	if change := changeOf(entry, decision); change != nil {
		r.add(change, entry)
	}
	return nil
}

func (r *replayer) count(entry *decisionlog.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Summary.Decisions++
	r.report.from[entry.Revision] = true
	if r.config.Progress != nil {
		r.config.Progress(r.report.Summary.Decisions)
	}
}

func (r *replayer) problem(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Problems = append(r.report.Problems, err.Error())
}

func (r *replayer) add(change *Change, entry *decisionlog.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.report.Summary.count(change.Outcome)
	if entry.Revision == r.report.To {
		r.report.Summary.Irreproducible++
	}
	key := change.key()
	if known := r.changes[key]; known != nil {
		known.Decisions++
		if known.Last.Before(change.Last) {
			known.Last = change.Last
		}
		return
	}
	r.changes[key] = change
}
