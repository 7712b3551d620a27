package nftables

import (
	"errors"
	"time"

	"github.com/go-logr/logr"
)

// Mode says which decisions are carried out here.
type Mode string

const (
	// Full carries out the whole table.
	Full Mode = "full"
	// DropsOnly carries out only the decisions to drop, beside the eBPF datapath,
	// whose socket hooks can refuse but not be silent. While nothing is to be
	// dropped there is no table at all, so that a node that does without
	// connection tracking goes on doing so.
	DropsOnly Mode = "drops-only"
)

// ErrUnsupported means that the kernel has no nf_tables, or lacks a part of it
// that is needed. Without it the eBPF datapath works alone: a decision to drop
// is then what the cluster's proxy makes of it.
var ErrUnsupported = errors.New("the kernel's nf_tables cannot be used")

// Config is what a Datapath is opened with.
type Config struct {
	// Mode is Full if empty.
	Mode Mode
	// OrphanTimeout is how long after the last Renew, Replace or Update the table
	// is still trusted; then every packet passes to the cluster's proxy, rather
	// than to pods that may be long gone. 0 means for ever.
	OrphanTimeout time.Duration
	// Log may be left zero.
	Log logr.Logger
}
