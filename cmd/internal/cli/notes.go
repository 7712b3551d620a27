package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// notes say on standard error what is being done, once it takes longer than a
// person waits without wondering.
type notes struct {
	out   io.Writer // nil to stay silent
	mu    sync.Mutex
	text  string
	shown bool
	timer *time.Timer
}

func newNotes(streams Streams) *notes {
	n := &notes{}
	if streams.ErrTerminal {
		n.out = streams.Err
		n.timer = time.AfterFunc(progressAfter, n.show)
	}
	return n
}

// say is safe to call from several goroutines.
func (n *notes) say(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.text = text; n.shown {
		n.write()
	}
}

func (n *notes) show() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shown = true
	n.write()
}

func (n *notes) write() { fmt.Fprintf(n.out, "\r\x1b[K%s", n.text) }

// clear ends the line, so that what follows begins on one of its own.
func (n *notes) clear() {
	if n.out == nil {
		return
	}
	n.timer.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.shown {
		fmt.Fprint(n.out, "\r\x1b[K")
	}
	n.shown, n.out = false, io.Discard
}
