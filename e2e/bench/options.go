package bench

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// Options say what to measure. Zero fields get defaults from [Options.Complete].
type Options struct {
	// Services are the numbers of Services to measure with, ascending.
	Services []int
	Arms     []Arm
	// Duration is how long calls are measured at each number of Services.
	Duration time.Duration
	// Patience is how long a router may take to route the Services that were added.
	Patience time.Duration
	// Turns is how many times programming is measured on each node, of a kube-proxy
	// once a turn and of an agent AgentSamples times.
	Turns int
	// Churn is how long pods change while a router's process is watched.
	Churn time.Duration
	// Agent is a build of the agent to measure; empty for one of this checkout.
	Agent string
	// Progress is told what is being done.
	Progress io.Writer
}

// AgentSamples is how often an agent is measured in one turn: it has nothing to
// recover from in between.
const AgentSamples = 5

// maxServices is bounded by the agent's default of frontends.
const maxServices = 120_000

// Complete fills in defaults, or those of a run that only shows that everything works.
func (o Options) Complete(quick bool) (Options, error) {
	defaults := Options{
		Services: []int{10, 1000, 10_000, 100_000}, Arms: Arms(),
		Duration: 30 * time.Second, Patience: 3 * time.Minute, Turns: 20, Churn: 20 * time.Second,
	}
	if quick {
		defaults = Options{
			Services: []int{10, 1000}, Arms: Arms(),
			Duration: 2 * time.Second, Patience: time.Minute, Turns: 2, Churn: 2 * time.Second,
		}
	}
	if len(o.Services) == 0 {
		o.Services = defaults.Services
	}
	if len(o.Arms) == 0 {
		o.Arms = defaults.Arms
	}
	for _, d := range []struct{ set, or *time.Duration }{
		{&o.Duration, &defaults.Duration}, {&o.Patience, &defaults.Patience}, {&o.Churn, &defaults.Churn},
	} {
		if *d.set == 0 {
			*d.set = *d.or
		}
		if *d.set < 0 {
			return o, fmt.Errorf("duration %s: want more than none", *d.set)
		}
	}
	if o.Turns == 0 {
		o.Turns = defaults.Turns
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	switch {
	case !slices.IsSorted(o.Services):
		return o, fmt.Errorf("numbers of Services %v: want them ascending, each adds to the one before", o.Services)
	case o.Services[0] < 1 || o.Services[len(o.Services)-1] > maxServices:
		return o, fmt.Errorf("numbers of Services %v: want 1 to %d", o.Services, maxServices)
	}
	return o, nil
}

// programmingAt is at how many Services programming and processes are measured.
func (o Options) programmingAt() int {
	if slices.Contains(o.Services, barServices) {
		return barServices
	}
	return o.Services[len(o.Services)-1]
}
