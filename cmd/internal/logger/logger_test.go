package logger_test

import (
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/cmd/internal/logger"
)

func TestLevels(t *testing.T) {
	tests := map[string]struct {
		level string
		// deepest is the highest verbosity that is logged; -1 for a level that is refused.
		deepest int
	}{
		"info is no detail":          {"info", 0},
		"debug is one step":          {"debug", 1},
		"a number is that verbosity": {"4", 4},
		"a word is refused":          {"loud", -1},
		"eleven is refused":          {"11", -1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			log, err := logger.New(test.level)
			if test.deepest < 0 {
				if err == nil || !strings.Contains(err.Error(), "use info, debug or a number") {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !log.V(test.deepest).Enabled() || log.V(test.deepest+1).Enabled() {
				t.Errorf("verbosity %d is %v and the next %v", test.deepest, log.V(test.deepest).Enabled(), log.V(test.deepest+1).Enabled())
			}
		})
	}
}
