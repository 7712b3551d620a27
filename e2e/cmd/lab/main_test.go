package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const name = "test-lab"

func TestLabKeepsAClusterUntilItIsTakenDown(t *testing.T) {
	kubeconfig := strings.TrimSpace(lines(t, "up", "--name", name, "--nodes", "0"))
	t.Cleanup(func() { _, _ = runLab(t, "down", "--name", name) })
	if _, err := os.Stat(kubeconfig); err != nil {
		t.Errorf("up printed %q, want the path of a kubeconfig: %v", kubeconfig, err)
	}
	if got := strings.TrimSpace(lines(t, "kubeconfig", "--name", name)); got != kubeconfig {
		t.Errorf("kubeconfig: got %q, want %q", got, kubeconfig)
	}
	if got := lines(t, "status"); !strings.Contains(got, name+" ") || !strings.Contains(got, "running") {
		t.Errorf("status: got %q, want %s in it, running", got, name)
	}
	if got := lines(t, "logs", "--name", name, "control-plane", "etcd"); !strings.Contains(got, "ready to serve client requests") {
		t.Errorf("logs: got %q, want etcd's", got)
	}
	lines(t, "exec", "--name", name, "control-plane", "--", "ip", "address", "show", "br0")
	if _, err := runLab(t, "exec", "--name", name, "control-plane", "--", "false"); err == nil {
		t.Error("exec of a failing program succeeds")
	}
	if _, err := runLab(t, "exec", "--name", name, "node-7", "--", "true"); err == nil || !strings.Contains(err.Error(), "control-plane") {
		t.Errorf("exec on an unknown machine: got %v, want to hear which there are", err)
	}
	logs := t.TempDir()
	lines(t, "logs", "--name", name, "--to", logs)
	if _, err := os.Stat(filepath.Join(logs, "control-plane", "kube-apiserver.log")); err != nil {
		t.Errorf("logs --to: %v", err)
	}
	lines(t, "down", "--name", name)
	if _, err := runLab(t, "kubeconfig", "--name", name); err == nil || !strings.Contains(err.Error(), "lab up --name "+name) {
		t.Errorf("kubeconfig of no cluster: got %v, want to hear how to start one", err)
	}
}

func lines(t *testing.T, args ...string) string {
	t.Helper()
	out, err := runLab(t, args...)
	if err != nil {
		t.Fatalf("lab %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func runLab(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := newCommand()
	var out bytes.Buffer
	cmd.SetOut(&out)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}
