package server

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-logr/logr"
)

// Check is one condition of readiness.
type Check struct {
	Name string
	// Ready returns nil, or an error that says what is missing.
	Ready func() error
}

// Health answers /healthz and /readyz. controller-runtime's own answer to
// /readyz withholds the reason; ours is read by people who wonder why a rollout
// stands still.
type Health struct {
	checks   []Check
	stopping atomic.Bool
	log      logr.Logger
	// last is the reason that was logged last; empty means ready.
	last atomic.Pointer[string]
}

// NewHealth returns the answers to both paths. It is ready once every check is.
func NewHealth(log logr.Logger, checks ...Check) *Health {
	return &Health{checks: checks, log: log}
}

// Stop makes /readyz fail for good: endpoints drop us while we still serve.
func (h *Health) Stop() { h.stopping.Store(true) }

// ServeHTTP answers GET /healthz and GET /readyz.
func (h *Health) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.URL.Path {
	case "/healthz":
		// Being able to answer is all that liveness asks: restarting helps
		// against nothing that readiness checks.
		fmt.Fprintln(w, "ok")
	case "/readyz":
		report, err := h.ready()
		h.logChange(err)
		if err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, report)
	default:
		http.NotFound(w, req)
	}
}

// ready runs every check. The report has a line for each.
func (h *Health) ready() (report string, err error) {
	var text strings.Builder
	if h.stopping.Load() {
		err = errors.New("shutting down")
		fmt.Fprintln(&text, "[-] serving:", err)
	}
	for _, check := range h.checks {
		if failure := check.Ready(); failure != nil {
			fmt.Fprintf(&text, "[-] %s: %v\n", check.Name, failure)
			err = errors.Join(err, fmt.Errorf("%s: %w", check.Name, failure))
			continue
		}
		fmt.Fprintf(&text, "[+] %s\n", check.Name)
	}
	return text.String(), err
}

// logChange logs readiness when it changes, not at every probe.
func (h *Health) logChange(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if last := h.last.Swap(&reason); last != nil && *last == reason {
		return
	}
	if err == nil {
		h.log.Info("Ready")
		return
	}
	h.log.Info("Not ready", "reason", reason)
}
