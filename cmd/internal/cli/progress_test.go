package cli

import (
	"bytes"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/cmd/internal/review"
)

func TestProgressIsShownWhenItTakesLong(t *testing.T) {
	for name, test := range map[string]struct {
		terminal, always bool
		after            time.Duration
		want             string
	}{
		"not within two seconds":      {true, false, time.Second, ""},
		"on a terminal":               {true, false, 3 * time.Second, "\r\x1b[Kreading files: 7 of 9\r\x1b[K"},
		"not in a log":                {false, false, 3 * time.Second, ""},
		"in a log if it is asked for": {false, true, 3 * time.Second, "\r\x1b[Kreading files: 7 of 9\r\x1b[K"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			m := newMeter(Streams{Err: &out, ErrTerminal: test.terminal}, test.always)
			start := m.now()
			m.now = func() time.Time { return start.Add(test.after) }
			m.report(review.Reading, 7, 9)
			m.report(review.Reading, 8, 9) // at the same moment: too soon to show again
			m.clear()
			if got := out.String(); got != test.want {
				t.Errorf("shown %q, want %q", got, test.want)
			}
		})
	}
}
