package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// Open returns a cluster that another process started and keeps.
func Open(name string) (*Cluster, error) {
	r, err := loadRecord(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no cluster %q: start it with go run ./e2e/cmd/lab up --name %s", name, name)
	}
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		config: Config{Name: name, Nodes: len(r.Machines) - 1, Proxy: r.Mode},
		dir:    stateDir(name), record: r, programs: r.Programs, progress: &progress{out: os.Stderr}, claimed: true,
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
	ca, err := loadAuthority(filepath.Join(c.machineDir(controlPlaneName), "var", pkiDir))
	if err != nil {
		return nil, err
	}
	c.pki = &pki{ca: ca}
	return c, c.makeClients()
}
