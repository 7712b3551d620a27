package ebpf

import (
	"context"
	"errors"

	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Datapath routes by cgroup socket hooks.
type Datapath struct{}

var _ datapath.Datapath = (*Datapath)(nil)

// Open loads the programs and opens or creates the maps. Nothing is attached
// before the first Replace: until then a predecessor's programs go on.
func Open(config Config) (*Datapath, error) { return nil, errors.New("not built yet") }

// Replace implements [datapath.Datapath]. It fills the maps, then attaches the
// programs or puts them in the place of a predecessor's.
func (d *Datapath) Replace(ctx context.Context, table routes.Table) error { return nil }

// Update implements [datapath.Datapath].
func (d *Datapath) Update(ctx context.Context, changes []routes.Change) error { return nil }

// Counters implements [datapath.Datapath].
func (d *Datapath) Counters() (map[routes.Frontend]datapath.Counters, error) { return nil, nil }

// Size implements [datapath.Datapath].
func (d *Datapath) Size() (used, capacity int) { return 0, 0 }

// Close implements [datapath.Datapath].
func (d *Datapath) Close() error { return nil }

// Renew puts the orphan deadline off to Config.OrphanTimeout from now. The agent
// calls it at least four times an OrphanTimeout, from the loop whose health it
// stands for. It may be called at any time, concurrently with anything.
func (d *Datapath) Renew() error { return nil }

// Canary connects through temporary frontends of its own (TEST-NET-1 and
// 100::/64), for each family that the host has: one must land on a loopback
// listener of ours and be told the frontend's address as its peer, one without
// backends must be refused inside the hook. It is called after Replace.
func (d *Datapath) Canary(ctx context.Context) error { return nil }
