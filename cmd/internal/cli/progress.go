package cli

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/inshore-dev/inshore/cmd/internal/review"
)

// A review that is over in two seconds needs no progress; a longer one shows it
// ten times a second.
const (
	progressAfter = 2 * time.Second
	progressEvery = 100 * time.Millisecond
)

// meter shows on standard error how far a review has come.
type meter struct {
	out   io.Writer // nil to stay silent
	now   func() time.Time
	mu    sync.Mutex
	next  time.Time
	shown bool
}

func newMeter(streams Streams, always bool) *meter {
	m := &meter{now: time.Now}
	if always || streams.ErrTerminal {
		m.out = streams.Err
	}
	m.next = m.now().Add(progressAfter)
	return m
}

// report is safe to call from several goroutines.
func (m *meter) report(doing review.Stage, done, total int) {
	if m.out == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := m.now(); now.After(m.next) {
		m.next, m.shown = now.Add(progressEvery), true
		fmt.Fprintf(m.out, "\r\x1b[K%s: %d of %d", doing, done, total)
	}
}

// clear ends the line, so that what follows begins on one of its own.
func (m *meter) clear() {
	if m.shown {
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}
