package cluster

import (
	"os"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Open returns a cluster that another process started and keeps.
func Open(name string) (*Cluster, error) {
	r, err := loadRecord(name)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		config: Config{Name: name, Nodes: len(r.Machines) - 1, Proxy: r.Mode},
		dir:    stateDir(name), record: r, programs: r.Programs, progress: &progress{out: os.Stderr},
	}
	for i, m := range r.Machines {
		n := newNode(i - 1)
		n.Machine = machine.Attach(m.First, r.options(m.Name, nil))
		if i == 0 {
			c.control = n
		} else {
			c.nodes = append(c.nodes, n)
		}
	}
	return c, c.makeClients()
}
