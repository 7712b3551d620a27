package cluster

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progressInterval is how often something that takes long says that it is still at it.
const progressInterval = 5 * time.Second

// progress tells a person what takes so long. It is safe for concurrent use.
type progress struct {
	mu  sync.Mutex
	out io.Writer
}

func (p *progress) printf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, format+"\n", args...)
}

// during says every few seconds that the step still runs, and how long it took if it was not short.
func (p *progress) during(step string, do func() error) error {
	start, ended, silent := time.Now(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(silent)
		wait := time.NewTimer(2 * time.Second)
		defer wait.Stop()
		for {
			select {
			case <-ended:
				return
			case <-wait.C:
				p.printf("%s (%s)", step, time.Since(start).Round(time.Second))
				wait.Reset(progressInterval)
			}
		}
	}()
	err := do()
	close(ended)
	<-silent
	if took := time.Since(start); err == nil && took > 2*time.Second {
		p.printf("%s: done in %s", step, took.Round(100*time.Millisecond))
	}
	return err
}
