package cluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// stopOnSignal takes the cluster down on Ctrl-C or SIGTERM and then lets the signal do what it would have
// done. Until started is closed it only gives up the start, which then takes down what there is of it. The
// returned function gives the signals back.
func (c *Cluster) stopOnSignal(giveUp context.CancelCauseFunc, started <-chan struct{}) (unhook func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		select {
		case <-done:
			return
		case s := <-signals:
			giveUp(fmt.Errorf("interrupted by %s", s))
			<-started
			if err := c.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
			// With the last cluster's handler gone, the default one ends the process.
			if number, ok := s.(syscall.Signal); ok {
				_ = syscall.Kill(os.Getpid(), number)
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}
