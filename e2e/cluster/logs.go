package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// CollectLogs writes into dir what one wants after a failure: every component's and every pod's log, the
// cluster's objects and events, and each machine's addresses, routes and packet filter. It goes on when a
// part cannot be had, and reports that at the end.
func (c *Cluster) CollectLogs(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var failed error
	for _, n := range append([]*Node{c.control}, c.nodes...) {
		if n == nil || n.Machine == nil {
			continue // The start failed before it came to this one.
		}
		to := filepath.Join(dir, n.Name)
		failed = errors.Join(failed, copyLogs(c.machineLogs(n.Name), to))
		for file, argv := range map[string][]string{
			"addresses.txt": {"ip", "address"}, "routes.txt": {"ip", "route"}, "nftables.txt": {"nft", "list", "ruleset"},
			"processes.txt": {"ps", "-ef"},
		} {
			out, err := n.Exec(ctx, argv...)
			failed = errors.Join(failed, err, writeText(filepath.Join(to, file), out))
		}
	}
	if c.clients == nil {
		return failed
	}
	for file, args := range map[string][]string{
		"objects.txt": {"get", "nodes,all,endpointslices,configmaps", "-A", "-o", "wide"},
		"pods.yaml":   {"get", "pods", "-A", "-o", "yaml"},
		"events.txt":  {"get", "events", "-A", "--sort-by=.lastTimestamp"},
	} {
		out, err := c.Kubectl(ctx, "", append(args, "--request-timeout=10s")...)
		failed = errors.Join(failed, err, writeText(filepath.Join(dir, file), out))
	}
	return failed
}

// copyLogs copies a machine's /var/log, in which the kubelet has the pods' logs as well. The links of
// /var/log/containers only repeat those.
func copyLogs(from, to string) error {
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // Rotated away meanwhile.
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		below, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return writeText(filepath.Join(to, below), string(text))
	})
	if err != nil {
		return fmt.Errorf("copy logs from %s: %w", from, err)
	}
	return nil
}

func writeText(file, text string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create the folder of %s: %w", file, err)
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
