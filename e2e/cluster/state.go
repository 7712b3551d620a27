package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/e2e/machine"
)

// record is what is written down about a cluster, so that another process can use it or take it down.
type record struct {
	Name string `json:"name"`
	// Owner is the process that answers for the cluster.
	Owner machine.Process `json:"owner"`
	// Kept says that the cluster is to outlive its owner.
	Kept bool      `json:"kept"`
	Mode ProxyMode `json:"mode"`
	// API is the port of 127.0.0.1 at which the host reaches the API server.
	API      int      `json:"api"`
	Programs programs `json:"programs"`
	// Machines are listed before they are booted, so that nothing of theirs is missed.
	Machines    []machineRecord     `json:"machines"`
	Hierarchies []machine.Hierarchy `json:"hierarchies"`
}

type machineRecord struct {
	Name  string          `json:"name"`
	First machine.Process `json:"first"`
}

// stateRoot holds a folder for each cluster that exists.
func stateRoot() string {
	if dir := os.Getenv("INSHORE_LAB_DIR"); dir != "" {
		return dir
	}
	return "/var/lib/inshore-lab"
}

func stateDir(name string) string { return filepath.Join(stateRoot(), name) }

func recordFile(dir string) string { return filepath.Join(dir, "cluster.json") }

// cgroupFolder is where a machine of a cluster has its cgroup, in every hierarchy.
func cgroupFolder(cluster, name string) string { return filepath.Join("inshore-lab", cluster, name) }

// save replaces the record on disk at once, so that a reader never sees half of it.
func (r record) save() error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the record of cluster %s: %w", r.Name, err)
	}
	file := recordFile(stateDir(r.Name))
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return fmt.Errorf("write the record of cluster %s: %w", r.Name, err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("put the record of cluster %s in place: %w", r.Name, err)
	}
	return nil
}

func loadRecord(name string) (record, error) {
	var r record
	text, err := os.ReadFile(recordFile(stateDir(name)))
	if err != nil {
		return r, fmt.Errorf("read the record of cluster %s: %w", name, err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("decode the record of cluster %s: %w", name, err)
	}
	return r, nil
}

// recordedNames lists the clusters that have a folder.
func recordedNames() ([]string, error) {
	entries, err := os.ReadDir(stateRoot())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the clusters in %s: %w", stateRoot(), err)
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// abandoned says whether nobody answers for the cluster any more.
func (r record) abandoned(alive func(machine.Process) bool) bool { return !r.Kept && !alive(r.Owner) }
