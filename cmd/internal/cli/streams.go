package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are what a command reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	// OutTerminal and ErrTerminal report whether a person is looking.
	OutTerminal, ErrTerminal bool
}

// Standard is the process's own streams.
func Standard() Streams {
	return Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		ErrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// color reports whether to write colours: to a terminal, unless the user says
// otherwise in the way that https://no-color.org asks for.
func (s Streams) color() bool {
	return s.OutTerminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
