package reload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
)

// Config is what a [Holder] is made of.
type Config struct {
	// RuleTimeout is the engine's; 0 means its default.
	RuleTimeout time.Duration
	Clock       clock.PassiveClock
	// Report is told every outcome, in order, before Apply returns. It must not
	// call the holder. Nil tells nobody.
	Report func(Outcome)
}

// MaxRules bounds the Rego of all sources together, in bytes. Each is bounded
// (bundle.MaxUnpacked), and compiling a set takes some two hundred times its size.
const MaxRules = 1536 << 10

// Holder has the engine in force. It is safe for concurrent use.
type Holder struct {
	config Config
	engine atomic.Pointer[policies.Engine]
	// status is for those who must not wait for a set that is being tried.
	status atomic.Pointer[[]Status]

	mu      sync.Mutex
	sources map[string]*source
	// tried is when a set was last tried out.
	tried time.Time
}

// source is what is known of one source.
type source struct {
	name string
	// good is in force; nil if nothing of the source is.
	good *bundle.Bundle
	// next is what the source says, where that is not in force.
	next *bundle.Bundle
	// removing means that the source is gone and its rules are still in force.
	removing bool
	err      error
	success  time.Time
	said     string // the last outcome in words
}

// New returns a holder of the built-in rules and of what the given sources say,
// all of which must hold: a webhook that starts without the rules it was told
// to have lets through what they would refuse.
func New(ctx context.Context, config Config, initial ...Change) (*Holder, error) {
	h := &Holder{config: config, sources: map[string]*source{}}
	var errs []error
	for _, change := range initial {
		h.note(change)
		if change.Err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", change.Source, change.Err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if err := h.try(ctx, h.pending()...); err != nil {
		return nil, err
	}
	h.publish()
	for _, change := range initial {
		h.report(change, nil)
	}
	return h, nil
}

// Engine is the engine in force.
func (h *Holder) Engine() *policies.Engine { return h.engine.Load() }

// Status lists the sources by name.
func (h *Holder) Status() []Status {
	if all := h.status.Load(); all != nil {
		return *all
	}
	return nil
}

// publish makes what is known of the sources their status.
func (h *Holder) publish() {
	all := make([]Status, 0, len(h.sources))
	for _, s := range h.sources {
		status := Status{Source: s.name, Err: s.err, LastSuccess: s.success}
		if s.good != nil {
			status.Revision = s.good.Digest
		}
		all = append(all, status)
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Source, b.Source) })
	h.status.Store(&all)
}

// retryAfter is how long a set that was refused is left alone while no source
// says anything new: a rule may have been too slow on a busy machine.
const retryAfter = time.Minute

// Apply takes note of changes and puts into force what holds. Without a change
// it tries again what was refused a minute ago or longer.
func (h *Holder) Apply(ctx context.Context, changes ...Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := map[string]*bundle.Bundle{}
	for name, s := range h.sources {
		before[name] = s.good
	}
	news := false
	for _, change := range changes {
		news = h.note(change) || news
	}
	if now := h.config.Clock.Now(); news || now.Sub(h.tried) >= retryAfter {
		h.tried = now
		h.settle(ctx)
	}
	h.publish()
	for name, good := range before {
		told := slices.ContainsFunc(changes, func(c Change) bool { return c.Source == name })
		if s := h.sources[name]; !told && (s == nil || s.good != good) {
			changes = append(changes, Change{Source: name})
		}
	}
	for _, change := range changes {
		h.report(change, before[change.Source])
	}
}

// note enters a change into what is known of its source, and reports whether
// the source says something that it did not say before.
func (h *Holder) note(change Change) (news bool) {
	s := h.sources[change.Source]
	if s == nil {
		if change.Removed {
			return false
		}
		s = &source{name: change.Source}
		h.sources[change.Source] = s
	}
	switch {
	case change.Removed:
		news = !s.removing
		s.next, s.removing = nil, true
	case change.Bundle != nil && same(change.Bundle, s.good):
		s.next, s.removing = nil, false
	case change.Bundle != nil && !same(change.Bundle, s.next):
		news = true
		s.next, s.removing = change.Bundle, false
	}
	if !s.pending() {
		s.err = change.Err
		if change.Err == nil {
			s.success = h.config.Clock.Now()
		}
	}
	return news
}

func same(a, b *bundle.Bundle) bool { return b != nil && a.Digest == b.Digest }

// pending reports whether the source says something that is not in force.
func (s *source) pending() bool { return s.next != nil || s.removing }

// wanted is what the source should have in force; nil for nothing.
func (s *source) wanted() *bundle.Bundle {
	switch {
	case s.removing:
		return nil
	case s.next != nil:
		return s.next
	}
	return s.good
}

// report says what came of a change.
func (h *Holder) report(change Change, before *bundle.Bundle) {
	outcome := Outcome{Source: change.Source, Revision: h.Engine().Revision(), News: true}
	s := h.sources[change.Source]
	switch {
	case s == nil:
		outcome.Result = Removed
	case change.Err != nil:
		outcome.Result, outcome.Err = Unreadable, change.Err
	case s.err != nil:
		outcome.Result, outcome.Err = Refused, s.err
	case s.good == before:
		outcome.Result = Unchanged
	default:
		outcome.Result = Loaded
	}
	if s != nil {
		outcome.News = s.news(outcome)
	}
	if h.config.Report != nil {
		h.config.Report(outcome)
	}
}

// news reports whether an outcome differs from the last one. That a source is
// as it was is no news, unless it was wrong in between.
func (s *source) news(outcome Outcome) bool {
	last := s.said
	s.said = string(outcome.Result)
	if outcome.Err != nil {
		s.said += ": " + outcome.Err.Error()
	}
	return s.said != last && !(outcome.Result == Unchanged && last == string(Loaded))
}
