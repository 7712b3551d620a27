package webhook

import (
	"fmt"
	"io"
	"os"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/webhook/decisionlog"
)

// decisionLogStdout is the value of --decision-log that writes to standard
// output; our own log goes to standard error.
const decisionLogStdout = "-"

// newDecisionLog returns what --decision-log asks for, nil for none.
func newDecisionLog(o *options, log logr.Logger) (*decisionlog.Log, error) {
	var out io.Writer
	switch o.decisionLog {
	case "":
		return nil, nil
	case decisionLogStdout:
		out = os.Stdout
	default:
		// Appending, because the file is evidence. It holds what objects hold,
		// so it is for nobody else to read.
		file, err := os.OpenFile(o.decisionLog, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("opening --decision-log: %w", err)
		}
		out = file
	}
	return decisionlog.New(decisionlog.Config{Out: out, Registry: metrics.Registry, Log: log}), nil
}
