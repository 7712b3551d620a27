package nftables

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/conntrack"
	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/routes"
)

// Datapath is the table "inet inshore" of the network namespace it was opened in.
type Datapath struct {
	mode          Mode
	orphanTimeout time.Duration
	log           logr.Logger
	writer        *writer
	conn          *nftables.Conn // Looks at chains and rules.
	flows         *conntrack.Table
	sweeper       *conntrack.Sweeper

	reading sync.Mutex // Guards reader: Counters may be called at any time.
	reader  *reader
	layout  *layout

	// mu guards the rest, for the sake of Renew.
	mu sync.Mutex
	// dirty says that the kernel's table may not be what we think: it is made
	// anew by the next transaction.
	dirty bool
	// exists says that the table is in the kernel.
	exists    bool
	frontends map[routes.Frontend]state
	hairpins  map[netip.Addr]int
}

// state is what is in place for one frontend.
type state struct {
	decision
	// counted are the classes that have an element in the set flows, a bit each.
	counted uint8
}

var _ datapath.Datapath = (*Datapath)(nil)

// Open connects to nf_tables and checks that what is needed is there; it changes
// nothing. The error wraps ErrUnsupported if the kernel is the reason.
func Open(c Config) (*Datapath, error) {
	d := &Datapath{mode: cmp.Or(c.Mode, Full), orphanTimeout: c.OrphanTimeout, log: c.Log, layout: newLayout()}
	if err := d.connect(); err != nil {
		return nil, errors.Join(err, d.disconnect())
	}
	d.sweeper = conntrack.NewSweeper(d.flows, c.Log.WithName("conntrack"))
	return d, nil
}

func (d *Datapath) connect() (err error) {
	if d.conn, err = connect(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if d.writer, err = newWriter(); err != nil {
		return err
	}
	if d.reader, err = newReader(); err != nil {
		return err
	}
	if d.flows, err = conntrack.Open(); err != nil {
		return err
	}
	if _, err := d.look(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	return nil
}

func (d *Datapath) disconnect() error {
	var errs []error
	if d.flows != nil {
		errs = append(errs, d.flows.Close())
	}
	if d.reader != nil {
		errs = append(errs, d.reader.conn.Close())
	}
	if d.writer != nil {
		errs = append(errs, unix.Close(d.writer.fd))
	}
	if d.conn != nil {
		errs = append(errs, d.conn.CloseLasting())
	}
	return errors.Join(errs...)
}

// Size implements datapath.Datapath: there is no bound.
func (d *Datapath) Size() (used, capacity int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.frontends), 0
}

// Close implements datapath.Datapath.
func (d *Datapath) Close() error {
	d.sweeper.Stop()
	if err := d.disconnect(); err != nil {
		return fmt.Errorf("closing the nftables datapath: %w", err)
	}
	return nil
}

// Remove deletes everything of ours from nf_tables: the node is as if the agent
// had never run. Connections that were translated go on, as long as something
// else on the node translates addresses. The Datapath may be used no more, except
// to Close it.
func (d *Datapath) Remove() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.commit(transaction{remove: true}); err != nil {
		return fmt.Errorf("removing the table: %w", err)
	}
	d.exists = false
	return nil
}

// Remove is (*Datapath).Remove for a process that opened none. It returns nil if
// there is nothing to delete.
func Remove() error {
	d, err := Open(Config{})
	if err != nil {
		return err
	}
	return errors.Join(d.Remove(), d.Close())
}

// Renew puts the orphan deadline off to Config.OrphanTimeout from now. It may be
// called at any time, concurrently with anything.
func (d *Datapath) Renew() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.exists || d.orphanTimeout == 0 {
		return nil
	}
	return d.commit(transaction{trust: true})
}

// decide is the state that a route asks for; ok is false if the frontend is not
// for this mode to carry out.
func (d *Datapath) decide(f routes.Frontend, r *routes.Route) (s state, ok bool) {
	if r == nil {
		return state{}, false
	}
	s.decision = decide(f, r)
	s.counted = s.class.bit()
	return s, d.mode == Full || s.class == dropped
}

// kept are the backends whose flows a route leaves alone: all that it has, in use
// or not. A flow to another node's pod stays there when a local one comes back;
// moving what lives long is not a datapath's decision.
func kept(r *routes.Route) []netip.AddrPort {
	if r == nil {
		return nil
	}
	return append(r.Local[:len(r.Local):len(r.Local)], r.Fallback...)
}
