package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// Run measures what the options, which are complete, say. It needs what a cluster
// needs: root, and a quiet machine for figures that mean something.
//
// A router that does not come up to the number of Services in time is left out from
// there on, and the report says so; everything else that does not work is an error.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	begin := time.Now()
	b := &bench{Options: o, report: &Report{Date: begin}}
	if b.logs, err = os.MkdirTemp("", "inshore-bench"); err != nil {
		return nil, fmt.Errorf("make a folder for logs: %w", err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if b.report.Machine, err = readMachine(); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{b.startCluster, b.startPods, b.startAgents, b.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	if b.report.Versions, err = b.readVersions(ctx); err != nil {
		return nil, err
	}
	if b.report.Machine.LoadAfter, err = readLoad(); err != nil {
		return nil, err
	}
	b.report.Duration = time.Since(begin).Round(time.Second).String()
	b.report.Missing = append(b.report.Missing, b.report.gaps(o)...)
	b.report.judge(o.Services)
	return b.report, nil
}

func (b *bench) measure(ctx context.Context) error {
	for _, services := range b.Services {
		if err := b.addServices(ctx, services); err != nil {
			return err
		}
		if err := b.await(ctx); err != nil {
			return err
		}
		if err := b.sample(ctx); err != nil {
			return err
		}
		if services != b.programmingAt() {
			continue
		}
		if err := b.measureProgramming(ctx); err != nil {
			return err
		}
		if err := b.measureUsage(ctx); err != nil {
			return err
		}
	}
	return b.cluster.Err()
}
