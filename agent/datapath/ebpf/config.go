package ebpf

import (
	"time"

	"github.com/cilium/ebpf"
	"github.com/go-logr/logr"
)

// Defaults of a [Config].
const (
	DefaultBPFFS        = "/sys/fs/bpf"
	DefaultMaxFrontends = 131072
)

// BypassMark is the socket mark (SO_MARK) of sockets that the programs leave
// alone: how a probe finds out what the cluster's own proxy does.
const BypassMark = 0x1456f2e

// Config is what a datapath is opened with.
type Config struct {
	// CgroupRoot is the folder of the cgroup v2 hierarchy to attach to; sockets
	// created by processes below it are routed. Package cgroup finds the node's.
	CgroupRoot string
	// BPFFS is a mounted BPF file system; empty means [DefaultBPFFS]. Everything
	// of ours is in its folder "inshore".
	BPFFS string
	// MaxFrontends is how many frontends there is room for, both families
	// together; 0 means [DefaultMaxFrontends].
	MaxFrontends int
	// OrphanTimeout is how long after the last [Datapath.Renew] (or Replace) the
	// programs go on routing; then they pass every connection through to the
	// cluster's proxy. 0 means for ever.
	OrphanTimeout time.Duration
	// Log may be left zero.
	Log logr.Logger

	// load loads other programs than ours, in tests.
	load func() (*ebpf.CollectionSpec, error)
}
