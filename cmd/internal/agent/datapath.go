package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/agent/cgroup"
	"github.com/inshore-dev/inshore/agent/datapath"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/datapath/nftables"
	"github.com/inshore-dev/inshore/agent/introspect"
)

// carrier is what carries the table out, chosen by --datapath.
type carrier struct {
	datapath.Datapath
	// canary is nil without eBPF.
	canary func(context.Context) error
	renew  func() error
	// describe says what is in use now and why.
	describe func() introspect.Datapath
}

// renewal is what puts the orphan deadline off; nil without a deadline.
func (c *carrier) renewal(timeout time.Duration) func() error {
	if timeout == 0 {
		return nil
	}
	return c.renew
}

// openCarrier opens what --datapath names. The errors say which part of it
// cannot be had, and why.
func openCarrier(o *options, log logr.Logger) (*carrier, error) {
	switch o.datapath {
	case datapathNftables:
		return openNftables(o, "--datapath=nftables", log)
	case datapathEBPF:
		return openEBPF(o, nftables.DropsOnly, "--datapath=ebpf", log)
	case datapathBoth:
		return openEBPF(o, nftables.Full, "--datapath=both", log)
	default:
		return openAuto(o, log)
	}
}

func openNftables(o *options, reason string, log logr.Logger) (*carrier, error) {
	d, err := nftables.Open(nftables.Config{Mode: nftables.Full, OrphanTimeout: o.orphanTimeout, Log: log.WithName("nftables")})
	if err != nil {
		return nil, fmt.Errorf("opening the nftables datapath: %w", err)
	}
	// An agent that ran eBPF before us left it attached, and nobody would update it.
	alone := &successor{Datapath: d, remove: func() error { return ebpf.Remove(o.bpffs) }}
	return &carrier{Datapath: alone, renew: d.Renew, describe: func() introspect.Datapath {
		return introspect.Datapath{Names: []string{"nftables"}, Reason: reason}
	}}, nil
}

// openEBPF opens eBPF with nftables beside it, whose part is mode.
func openEBPF(o *options, mode nftables.Mode, reason string, log logr.Logger) (*carrier, error) {
	root, err := cgroup.Find(cgroup.Config{Path: o.cgroupRoot})
	if err != nil {
		return nil, fmt.Errorf("looking for the root cgroup (--cgroup-root): %w", err)
	}
	hooks, err := ebpf.Open(ebpf.Config{
		CgroupRoot: root.Path, BPFFS: o.bpffs, MaxFrontends: o.maxFrontends, OrphanTimeout: o.orphanTimeout, Log: log.WithName("ebpf"),
	})
	if err != nil {
		return nil, fmt.Errorf("opening the eBPF datapath: %w", err)
	}
	c := &carrier{Datapath: hooks, canary: hooks.Canary, renew: hooks.Renew}
	names := []string{"ebpf"}
	packets, err := nftables.Open(nftables.Config{Mode: mode, OrphanTimeout: o.orphanTimeout, Log: log.WithName("nftables")})
	switch {
	case err == nil:
		c.renew = func() error { return errors.Join(hooks.Renew(), packets.Renew()) }
		if mode == nftables.Full {
			names = append(names, "nftables")
			c.Datapath = datapath.Combined{hooks, packets}
		} else {
			names = append(names, "nftables for drops")
			c.Datapath = datapath.Combined{hooks, datapath.Uncounted{Datapath: packets}}
		}
	case mode == nftables.DropsOnly && errors.Is(err, nftables.ErrUnsupported):
		reason += "; without nftables a decision to drop is the cluster's proxy's to make"
		log.Info("nftables cannot be used: where a Service says drop, the cluster's proxy decides", "error", err.Error())
	default:
		return nil, errors.Join(fmt.Errorf("opening the nftables datapath: %w", err), hooks.Close())
	}
	log.Info("Found the root cgroup", "path", root.Path, "how", root.Reason)
	c.describe = func() introspect.Datapath {
		return introspect.Datapath{Names: names, Reason: reason, CgroupRoot: root.Path + " (" + root.Reason + ")"}
	}
	return c, nil
}

// openAuto is eBPF if it loads here and its first table works, else nftables.
func openAuto(o *options, log logr.Logger) (*carrier, error) {
	other := func(cause error) (*carrier, error) {
		log.Info("The eBPF datapath does not work here; using nftables", "error", cause.Error())
		c, err := openNftables(o, "auto: eBPF does not work here: "+cause.Error(), log)
		if err != nil {
			return nil, err
		}
		describe := c.describe
		c.describe = func() introspect.Datapath {
			d := describe()
			d.GivenUp = cause.Error()
			return d
		}
		return c, nil
	}
	preferred, err := openEBPF(o, nftables.DropsOnly, "auto: eBPF works here", log)
	if err != nil {
		return other(err)
	}
	return newAuto(preferred, other, func() error {
		err := nftables.Remove()
		if errors.Is(err, nftables.ErrUnsupported) {
			err = nil
		}
		return errors.Join(ebpf.Remove(o.bpffs), err)
	}), nil
}
