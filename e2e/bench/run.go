package bench

import (
	"context"
	"errors"
	"time"
)

// Run measures what the options, which are complete, say. It needs what a cluster
// needs: root, and a quiet machine for figures that mean something.
//
// A router that does not come up to the number of Services in time is left out from
// there on, and the report says so; everything else that does not work is an error. A run
// that breaks off later than that returns what it has with the error.
func Run(ctx context.Context, o Options) (report *Report, err error) {
	begin := time.Now()
	b := &bench{Options: o, report: &Report{Date: begin}}
	defer func() { err = errors.Join(err, b.close()) }()
	if b.report.Machine, err = readMachine(); err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{b.startCluster, b.readVersions, b.startPods, b.startAgents, b.measure} {
		if err = step(ctx); err != nil {
			break
		}
	}
	if err != nil && len(b.report.Latencies) == 0 {
		return nil, err
	}
	return b.report, errors.Join(err, b.finish(begin))
}

// finish adds what is said of a run as a whole.
func (b *bench) finish(begin time.Time) (err error) {
	b.report.Duration = time.Since(begin).Round(time.Second).String()
	b.report.Missing = append(b.report.Missing, b.report.gaps(b.Options)...)
	b.report.judge(b.Services)
	b.report.Machine.LoadAfter, err = readLoad()
	return err
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
