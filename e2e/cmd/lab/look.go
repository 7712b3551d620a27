package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

func (l *lab) status() *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "List the clusters of this host",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			clusters, err := cluster.List()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "NAME\tSTATE\tNODES\tPROXY\tOWNER\tKUBECONFIG")
			for _, c := range clusters {
				fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\t%s\n", c.Name, state(c), c.Nodes, c.Proxy, owner(c), c.Kubeconfig)
			}
			return table.Flush()
		},
	}
}

func state(s cluster.Status) string {
	if s.Running {
		return "running"
	}
	return "left behind"
}

func owner(s cluster.Status) string {
	if s.Kept {
		return "lab"
	}
	return fmt.Sprintf("process %d", s.Owner.PID)
}

func (l *lab) kubeconfig() *cobra.Command {
	return &cobra.Command{
		Use:     "kubeconfig",
		Short:   "Print the path of a cluster's kubeconfig",
		Example: `  export KUBECONFIG=$(lab kubeconfig)`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := cluster.Open(l.name)
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), c.Kubeconfig())
			return nil
		},
	}
}

func (l *lab) exec() *cobra.Command {
	return &cobra.Command{
		Use:   "exec MACHINE -- PROGRAM [ARG]...",
		Short: "Run a program of the host on a node or on the control plane",
		Long: `Exec runs a program in all namespaces and the cgroup of one of the cluster's machines: node-0, node-1, ...
or control-plane. It sees that machine's network, processes, /run, /var and /sys/fs/cgroup, and otherwise the
host's files.`,
		Example: `  lab exec node-0 -- nft list ruleset
  lab exec node-1 -- bash
  lab exec control-plane -- ip route`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cluster.Open(l.name)
			if err != nil {
				return err
			}
			n, err := machineOf(c, args[0])
			if err != nil {
				return err
			}
			return runOn(cmd.Context(), n, args[1:])
		},
	}
}

// runOn runs a program with this one's terminal.
func runOn(ctx context.Context, n *cluster.Node, argv []string) error {
	program := n.Command(ctx, argv...)
	program.Stdin, program.Stdout, program.Stderr = os.Stdin, os.Stdout, os.Stderr
	// In this process's group, or the terminal would stop it at its first read.
	program.SysProcAttr.Setpgid = false
	program.Cancel = func() error { return program.Process.Kill() }
	return n.Run(program)
}

func machineOf(c *cluster.Cluster, name string) (*cluster.Node, error) {
	machines := append([]*cluster.Node{c.ControlPlane()}, c.Nodes()...)
	i := slices.IndexFunc(machines, func(n *cluster.Node) bool { return n.Name == name })
	if i < 0 {
		var names []string
		for _, n := range machines {
			names = append(names, n.Name)
		}
		return nil, fmt.Errorf("cluster %s has no machine %q: want one of %v", c.Name(), name, names)
	}
	return machines[i], nil
}

func (l *lab) logs() *cobra.Command {
	var to string
	cmd := &cobra.Command{
		Use:   "logs [MACHINE COMPONENT]",
		Short: "Print a component's log, or collect all logs into a folder",
		Example: `  lab logs node-0 kubelet
  lab logs control-plane kube-apiserver
  lab logs --to /tmp/lab                   # everything, with objects, events and packet filters`,
		Args: func(_ *cobra.Command, args []string) error {
			if (to == "" && len(args) != 2) || (to != "" && len(args) != 0) {
				return fmt.Errorf("want a MACHINE and a COMPONENT, or --to FOLDER")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := cluster.Open(l.name)
			if err != nil {
				return err
			}
			if to != "" {
				return c.CollectLogs(to)
			}
			n, err := machineOf(c, args[0])
			if err != nil {
				return err
			}
			text, err := n.ReadFile(filepath.Join("/var/log", args[1]+".log"))
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "collect everything into this `folder`")
	return cmd
}
