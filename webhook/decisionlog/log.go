package decisionlog

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// Record is a decision on its way into the log. Nothing in it may change once
// it has been given to [Log.Write].
type Record struct {
	Time     time.Time
	UID      string
	Name     string
	DryRun   bool
	Document *input.Document
	Decision policies.Decision
	Latency  time.Duration
	// Size is that of the review, in bytes: about what the record holds on to.
	Size int
}

// What waits at most: records, and the bytes of their reviews. An output that
// stands still must not take the memory that decisions are made in.
const (
	backlog      = 1024
	backlogBytes = 16 << 20
)

// Config is what a [Log] needs. All fields are required.
type Config struct {
	// Out is written to by one goroutine.
	Out      io.Writer
	Registry prometheus.Registerer
	Log      logr.Logger
}

// Log writes decisions.
type Log struct {
	out     io.Writer
	records chan *Record
	waiting atomic.Int64 // bytes
	written prometheus.Counter
	dropped *prometheus.CounterVec
	log     logr.Logger
}

// The reasons for which a record is dropped, as the metric names them.
const (
	droppedBehind = "behind"
	droppedError  = "error"
)

// New returns a log and registers its metrics. Nothing is written before
// [Log.Start].
func New(config Config) *Log {
	l := &Log{
		out: config.Out, records: make(chan *Record, backlog), log: config.Log,
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "inshore_decision_log_written_total",
			Help: "Decisions written to the decision log.",
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_decision_log_dropped_total",
			Help: "Decisions that are missing in the decision log: behind, its writer could not keep up; error, it could not write.",
		}, []string{"reason"}),
	}
	config.Registry.MustRegister(l.written, l.dropped)
	for _, reason := range []string{droppedBehind, droppedError} {
		l.dropped.WithLabelValues(reason)
	}
	return l
}

// Write takes a decision. It never blocks. A nil Log takes none.
func (l *Log) Write(record *Record) {
	if l == nil {
		return
	}
	if l.waiting.Add(int64(record.Size)) <= backlogBytes {
		select {
		case l.records <- record:
			return
		default:
		}
	}
	l.waiting.Add(-int64(record.Size))
	l.dropped.WithLabelValues(droppedBehind).Inc()
}

// NeedLeaderElection is false: every replica decides.
func (*Log) NeedLeaderElection() bool { return false }

// Start writes until ctx is done, and then what is waiting. An output that fails
// does not stop it: the next record is tried. A nil Log writes nothing.
func (l *Log) Start(ctx context.Context) error {
	if l == nil {
		<-ctx.Done()
		return nil
	}
	out := bufio.NewWriter(l.out)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		select {
		case record := <-l.records:
			l.write(out, encoder, record)
		case <-ctx.Done():
			for {
				select {
				case record := <-l.records:
					l.write(out, encoder, record)
				default:
					return nil
				}
			}
		}
	}
}

func (l *Log) write(out *bufio.Writer, encoder *json.Encoder, record *Record) {
	defer l.waiting.Add(-int64(record.Size))
	entry, err := record.entry()
	if err == nil {
		if err = encoder.Encode(entry); err != nil {
			err = fmt.Errorf("encoding a decision: %w", err)
		}
	}
	// Whoever follows the log wants whole lines, now; only a backlog is
	// worth gathering.
	if err == nil && len(l.records) == 0 {
		if err = out.Flush(); err != nil {
			err = fmt.Errorf("writing the decision log: %w", err)
		}
	}
	if err != nil {
		out.Reset(l.out) // bufio keeps its first error for ever
		l.dropped.WithLabelValues(droppedError).Inc()
		l.log.Error(err, "A decision is missing in the decision log", "uid", record.UID)
		return
	}
	l.written.Inc()
}
