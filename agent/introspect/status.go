package introspect

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Status is what the agent is and does.
type Status struct {
	Version string `json:"version"`
	Node    string `json:"node"`
	Scope   string `json:"scope"`
	// Started is when the process began.
	Started time.Time `json:"started"`

	Datapath Datapath `json:"datapath"`
	// Ready is whether Problems is empty.
	Ready bool `json:"ready"`
	// Problems say what is missing for readiness, a sentence each.
	Problems []string `json:"problems,omitempty"`

	Table Table `json:"table"`
	Gates Gates `json:"gates"`
	// LeaseRenewed is when the Lease was last renewed; nil for never.
	LeaseRenewed *time.Time `json:"leaseRenewed,omitempty"`
}

// Datapath says what carries the table out.
type Datapath struct {
	// Names are the datapaths that are in use, like "ebpf".
	Names []string `json:"names"`
	// Reason says why these.
	Reason string `json:"reason"`
	// GivenUp is why `auto` does not use eBPF; empty if it does, or was not asked.
	GivenUp string `json:"givenUp,omitempty"`
	// CgroupRoot is where programs are attached and how that was found; empty
	// without eBPF.
	CgroupRoot string `json:"cgroupRoot,omitempty"`
	// Canary is when a connection through the datapath was last tried, nil for
	// never; CanaryError is what was wrong with it.
	Canary      *time.Time `json:"canary,omitempty"`
	CanaryError string     `json:"canaryError,omitempty"`
}

// Table sums the decisions up.
type Table struct {
	Services  int `json:"services"`
	Frontends int `json:"frontends"`
	// Capacity is how many frontends there is room for; 0 for no bound.
	Capacity int `json:"capacity"`
	// Without room are left to the cluster's proxy.
	WithoutRoom int `json:"withoutRoom"`
	// Where the calls to the frontends go.
	Local    int `json:"local"`
	Fallback int `json:"fallback"`
	Refused  int `json:"refused"`
	Dropped  int `json:"dropped"`
	// Committed is when the datapath was last up to date; nil for never.
	Committed *time.Time `json:"committed,omitempty"`
	// CommitError is what is wrong since.
	CommitError string `json:"commitError,omitempty"`
}

// Gates sums the readiness gates up.
type Gates struct {
	// Pending are pods that are routed and whose condition is yet to be set.
	Pending int `json:"pending"`
}

// WriteText writes the status for people; now is what times are relative to.
func (s *Status) WriteText(w io.Writer, now time.Time) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	if s.Ready {
		line("ready", "yes")
	}
	for _, problem := range s.Problems {
		line("ready", "no: %s", problem)
	}
	line("node", "%s", s.Node)
	line("version", "%s, running for %s", s.Version, now.Sub(s.Started).Round(time.Second))
	line("scope", "%s", s.Scope)
	line("datapath", "%s (%s)", strings.Join(s.Datapath.Names, " and "), s.Datapath.Reason)
	if s.Datapath.CgroupRoot != "" {
		line("cgroup root", "%s", s.Datapath.CgroupRoot)
	}
	switch {
	case s.Datapath.Canary == nil:
	case s.Datapath.CanaryError != "":
		line("canary", "failed %s: %s", ago(s.Datapath.Canary, now), s.Datapath.CanaryError)
	default:
		line("canary", "passed %s", ago(s.Datapath.Canary, now))
	}
	room := ""
	if s.Table.Capacity > 0 {
		room = fmt.Sprintf(" of at most %d", s.Table.Capacity)
	}
	line("table", "%d frontends%s of %d Services, committed %s", s.Table.Frontends, room, s.Table.Services, ago(s.Table.Committed, now))
	line("calls go", "%d local, %d to other nodes, %d refused, %d dropped", s.Table.Local, s.Table.Fallback, s.Table.Refused, s.Table.Dropped)
	if s.Table.WithoutRoom > 0 {
		line("without room", "%d frontends are left to the cluster's proxy (raise --max-frontends)", s.Table.WithoutRoom)
	}
	line("gates", "%d to open", s.Gates.Pending)
	line("lease", "renewed %s", ago(s.LeaseRenewed, now))
	return table.Flush()
}

// ago is a time in words.
func ago(t *time.Time, now time.Time) string {
	if t == nil {
		return "never"
	}
	return now.Sub(*t).Round(time.Second).String() + " ago"
}
