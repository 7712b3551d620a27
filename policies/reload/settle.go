package reload

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
)

// settle puts into force as much of what the sources say as holds.
func (h *Holder) settle(ctx context.Context) {
	pending := h.pending()
	if len(pending) == 0 {
		return
	}
	err := h.try(ctx, pending...)
	if err == nil {
		return
	}
	if len(pending) == 1 {
		pending[0].err = err
		return
	}
	// Together they do not hold: each on its own, over again for as long as one
	// does, since another may have waited for it.
	for progress := true; progress; {
		progress = false
		for _, s := range h.pending() {
			if s.err = h.try(ctx, s); s.err == nil {
				progress = true
			}
		}
	}
}

// pending are the sources that say something that is not in force, by name.
func (h *Holder) pending() []*source {
	var pending []*source
	for _, s := range h.sources {
		if s.pending() {
			pending = append(pending, s)
		}
	}
	slices.SortFunc(pending, func(a, b *source) int { return cmp.Compare(a.name, b.name) })
	return pending
}

// try puts into force what the given sources say, beside what is in force of
// the others. Nothing changes on an error.
func (h *Holder) try(ctx context.Context, changing ...*source) error {
	set := map[string]*bundle.Bundle{}
	var retired []string
	for name, s := range h.sources {
		wanted := s.good
		if slices.Contains(changing, s) {
			wanted = s.wanted()
		}
		if wanted != nil {
			set[name] = wanted
			retired = append(retired, wanted.Retired...)
		}
		if s.good != nil {
			// A source that named its rules as retired may then go, rules and all.
			retired = append(retired, s.good.Retired...)
		}
	}
	engine, err := h.build(ctx, set)
	if err != nil {
		return err
	}
	if running := h.Engine(); running != nil {
		if err := keeps(running, engine, retired); err != nil {
			return err
		}
	}
	h.engine.Store(engine)
	for _, s := range changing {
		s.good, s.next, s.err, s.success = s.wanted(), nil, nil, h.config.Clock.Now()
		if s.removing {
			delete(h.sources, s.name)
		}
	}
	return nil
}

// build makes an engine of the built-in rules and the set, and tries it out.
func (h *Holder) build(ctx context.Context, set map[string]*bundle.Bundle) (engine *policies.Engine, err error) {
	// A rule that makes OPA's compiler panic must cost the new set, not the
	// process that the old one judges in.
	defer func() {
		if cause := recover(); cause != nil {
			engine, err = nil, fmt.Errorf("loading rules: panic: %v", cause)
		}
	}()
	var bundles []fs.FS
	size := 0
	for name, content := range set {
		if size += content.Size(); size > MaxRules {
			return nil, fmt.Errorf("the rules of all sources together are larger than %d KiB", MaxRules>>10)
		}
		files, err := content.FS()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		bundles = append(bundles, policies.Named(name, files))
	}
	engine, err = policies.New(policies.Config{Bundles: bundles, RuleTimeout: h.config.RuleTimeout})
	if err != nil {
		return nil, err
	}
	if err := engine.Smoke(ctx); err != nil {
		return nil, err
	}
	return engine, nil
}

// keeps is an error if a rule of the engine in force is neither in the next one
// nor retired.
func keeps(running, next *policies.Engine, retired []string) error {
	var lost []string
	for _, rule := range running.Rules() {
		has := slices.ContainsFunc(next.Rules(), func(r policies.Rule) bool { return r.ID == rule.ID })
		if !has && !slices.Contains(retired, rule.ID) {
			lost = append(lost, rule.ID)
		}
	}
	if len(lost) == 0 {
		return nil
	}
	return fmt.Errorf(`%s would be lost: if that is meant, name it first in a .manifest, {"metadata": {"inshore": {"retired": ["%s"]}}}`,
		strings.Join(lost, ", "), strings.Join(lost, `", "`))
}
