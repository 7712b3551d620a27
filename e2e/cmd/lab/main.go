package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	// Only until the context ends: a second Ctrl-C is for whoever is tired of waiting.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := newCommand().ExecuteContext(ctx)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// lab is what all commands share.
type lab struct {
	name string
}

func newCommand() *cobra.Command {
	l := &lab{}
	root := &cobra.Command{
		Use:   "lab",
		Short: "Keep a real Kubernetes cluster open on this host",
		Long: `Lab starts real Kubernetes clusters on this host: etcd, API server, controllers, scheduler, and for each
node a kubelet, containerd and kube-proxy, on machines made of Linux namespaces. The programs are built from
their sources the first time, which takes about fifteen minutes on two cores, and come from a cache after that.

It needs root and Linux with cgroup version 2. It does not touch the host's network, mounts or firewall.`,
		Example: `  lab up --nodes 3 --proxy nftables
  export KUBECONFIG=$(lab kubeconfig)
  lab exec node-0 -- nft list ruleset
  lab logs node-0 kubelet
  lab down`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().StringVar(&l.name, "name", "lab", "the cluster's name; clusters of different names run side by side")
	root.AddCommand(l.up(), l.down(), l.status(), l.kubeconfig(), l.exec(), l.logs())
	return root
}
