package admission

import "io"

// Options say how much to measure.
type Options struct {
	// Turns is how often the arms take turns at each write and number of clients.
	Turns int
	// Calls is how many requests a client sends in a turn.
	Calls int
	// Clients are the numbers of clients that send at once.
	Clients []int
	// Wire is how often each webhook is asked without an API server.
	Wire int
	// Webhook is a build of inshore-webhook to measure; empty for one of this checkout.
	Webhook string
	// Progress is told what is being done.
	Progress io.Writer
}

// Complete fills in defaults, or those of a run that only shows that everything works.
func (o Options) Complete(quick bool) Options {
	defaults := Options{Turns: 150, Calls: 4, Clients: []int{1, 8}, Wire: 3000, Progress: io.Discard}
	if quick {
		defaults = Options{Turns: 3, Calls: 2, Clients: []int{1, 8}, Wire: 50, Progress: io.Discard}
	}
	if o.Turns == 0 {
		o.Turns = defaults.Turns
	}
	if o.Calls == 0 {
		o.Calls = defaults.Calls
	}
	if len(o.Clients) == 0 {
		o.Clients = defaults.Clients
	}
	if o.Wire == 0 {
		o.Wire = defaults.Wire
	}
	if o.Progress == nil {
		o.Progress = defaults.Progress
	}
	return o
}
