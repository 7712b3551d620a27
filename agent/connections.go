package agent

import (
	"fmt"
	"io"
	"strings"

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

	const name = "inshore_agent_connections_total"
	text := &strings.Builder{}
	fmt.Fprintf(text, "# HELP %s Connections (TCP, connected UDP) and datagrams (other UDP) to each Service from this node, by where they went.\n# TYPE %s counter\n", name, name)
	for s, c := range sums {
		for _, result := range [...]struct {
			name  string
			count uint64
		}{{"local", c.Local}, {"fallback", c.Fallback}, {"refused", c.Refused}, {"dropped", c.Dropped}} {
			// Names of Kubernetes need no escaping.
			fmt.Fprintf(text, "%s{namespace=%q,service=%q,result=%q} %d\n", name, s.name.Namespace, s.name.Name, result.name, result.count)
		}
		if text.Len() > 32<<10 {
			if _, err := io.WriteString(w, text.String()); err != nil {
				return err
			}
			text.Reset()
		}
	}
	_, err = io.WriteString(w, text.String())
	return err
}

func sum(a, b datapath.Counters) datapath.Counters {
	return datapath.Counters{
		Local: a.Local + b.Local, Fallback: a.Fallback + b.Fallback,
		Refused: a.Refused + b.Refused, Dropped: a.Dropped + b.Dropped,
	}
}
