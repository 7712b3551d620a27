package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func (l *lab) up() *cobra.Command {
	config := cluster.Config{Progress: os.Stderr}
	var certManager bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start a cluster that outlives this command",
		Long: `Up starts a cluster and returns when it works. It prints the path of the kubeconfig. If it fails or is
interrupted, nothing is left behind.`,
		Example: `  lab up                                   # three nodes, kube-proxy with nftables
  lab up --name other --proxy iptables     # a second one beside it
  lab up --nodes 0 --controllers           # an API server and controllers only, in seconds`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config.Name = l.name
			c, err := cluster.Start(cmd.Context(), config)
			if err != nil {
				return err
			}
			if err := finish(cmd.Context(), c, certManager); err != nil {
				return errors.Join(err, c.Stop())
			}
			fmt.Fprintln(cmd.OutOrStdout(), c.Kubeconfig())
			return nil
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&config.Nodes, "nodes", 3, "number of nodes; 0 for an API server only")
	flags.StringVar((*string)(&config.Proxy), "proxy", string(cluster.ProxyNFTables), "kube-proxy's mode: nftables, iptables or none")
	flags.BoolVar(&config.Controllers, "controllers", false, "run kube-controller-manager even without nodes")
	flags.BoolVar(&config.DNS, "dns", false, "run CoreDNS, so that pods find Services by name")
	flags.BoolVar(&certManager, "cert-manager", false, "run cert-manager too")
	flags.StringVar(&config.FailureLogs, "failure-logs", "", "`folder` for all logs if the start fails")
	return cmd
}

func finish(ctx context.Context, c *cluster.Cluster, certManager bool) error {
	if certManager {
		if err := c.StartCertManager(ctx); err != nil {
			return err
		}
	}
	return c.Keep()
}

func (l *lab) down() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Take a cluster down and remove everything that was made for it",
		Example: `  lab down
  lab down --name other
  lab down --all                           # whoever started them`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !all {
				return cluster.Down(cmd.Context(), l.name)
			}
			clusters, err := cluster.List()
			for _, c := range clusters {
				err = errors.Join(err, cluster.Down(cmd.Context(), c.Name))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "every cluster of this host, also those of running tests")
	return cmd
}
