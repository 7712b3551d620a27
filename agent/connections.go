package agent

import (
	"fmt"
	"io"
	"strconv"

	"github.com/inshore-dev/inshore/agent/datapath"
)

// WriteConnections writes the counters of each Service in the text format of
// Prometheus. Not by a collector: with ten thousand Services that would
// allocate as much as all the rest of the agent for every scrape.
func (a *Agent) WriteConnections(w io.Writer) error {
	counters, err := a.config.Datapath.Counters()
	if err != nil {
		return fmt.Errorf("reading the datapath's counters: %w", err)
	}
	sums := map[*service]datapath.Counters{}
	a.mu.Lock()
	for frontend, e := range a.ledger.entries {
		sums[e.service] = sum(sums[e.service], counters[frontend])
	}
	a.mu.Unlock()

	text := make([]byte, 0, 2*flushSize)
	text = append(text, "# HELP "+connectionsTotal+" Connections (TCP, connected UDP) and datagrams (other UDP) to each Service from this node, by where they went.\n"+
		"# TYPE "+connectionsTotal+" counter\n"...)
	for s, c := range sums {
		text = appendCounter(text, s, "local", c.Local)
		text = appendCounter(text, s, "fallback", c.Fallback)
		text = appendCounter(text, s, "refused", c.Refused)
		text = appendCounter(text, s, "dropped", c.Dropped)
		if len(text) > flushSize {
			if _, err := w.Write(text); err != nil {
				return err
			}
			text = text[:0]
		}
	}
	_, err = w.Write(text)
	return err
}

const (
	connectionsTotal = "inshore_agent_connections_total"
	// flushSize is how much is written at once.
	flushSize = 16 << 10
)

// appendCounter appends a line. Names of Kubernetes need no escaping.
func appendCounter(text []byte, s *service, result string, count uint64) []byte {
	text = append(text, connectionsTotal+`{namespace="`...)
	text = append(text, s.name.Namespace...)
	text = append(text, `",service="`...)
	text = append(text, s.name.Name...)
	text = append(text, `",result="`...)
	text = append(text, result...)
	text = append(text, `"} `...)
	text = strconv.AppendUint(text, count, 10)
	return append(text, '\n')
}

func sum(a, b datapath.Counters) datapath.Counters {
	return datapath.Counters{
		Local: a.Local + b.Local, Fallback: a.Fallback + b.Fallback,
		Refused: a.Refused + b.Refused, Dropped: a.Dropped + b.Dropped,
	}
}
