package cluster

import (
	"github.com/inshore-dev/inshore/e2e/machine"
)

// Status is what another process can tell of a cluster.
type Status struct {
	Name       string
	Nodes      int
	Proxy      ProxyMode
	Kubeconfig string
	// Kept says that the cluster outlives the process that started it.
	Kept bool
	// Running says that its machines run. A cluster whose machines do not is a leftover.
	Running bool
	// Owner is the process that started it.
	Owner machine.Process
}

// List returns all clusters of this host, running or left behind.
func List() ([]Status, error) {
	names, err := recordedNames()
	if err != nil {
		return nil, err
	}
	var all []Status
	for _, name := range names {
		r, err := loadRecord(name)
		if err != nil {
			// Being started this very moment, or killed that early.
			all = append(all, Status{Name: name})
			continue
		}
		all = append(all, r.status(machine.Process.Alive))
	}
	return all, nil
}

func (r record) status(alive func(machine.Process) bool) Status {
	s := Status{Name: r.Name, Nodes: len(r.Machines) - 1, Proxy: r.Mode, Kept: r.Kept, Owner: r.Owner, Running: true}
	s.Kubeconfig = (&Cluster{dir: stateDir(r.Name)}).Kubeconfig()
	for _, m := range r.Machines {
		s.Running = s.Running && alive(m.First)
	}
	return s
}
