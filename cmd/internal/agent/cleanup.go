package agent

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/datapath/nftables"
)

func newCleanup(system system) *cobra.Command {
	var bpffs string
	command := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove everything of ours from this node",
		Long: `cleanup detaches and unpins every eBPF program and map of ours and deletes our nftables
table. From then on the cluster's proxy decides alone; connections that are open stay
open, except those that nftables translated.

Stop the agent first, or it puts everything back. Running it twice does no harm.`,
		Example: `  inshore-agent cleanup`,
		Args:    cobra.NoArgs,
		RunE: withEnvironment(system, func(command *cobra.Command) error {
			return cleanup(bpffs, command.OutOrStdout())
		}),
	}
	command.Flags().StringVar(&bpffs, "bpffs", ebpf.DefaultBPFFS, "`folder` where a BPF file system is mounted")
	return command
}

// cleanup removes both datapaths, the second also if the first cannot be, and
// says what it did.
func cleanup(bpffs string, out io.Writer) error {
	var errs []error
	say := func(format string, args ...any) {
		if _, err := fmt.Fprintf(out, format+"\n", args...); err != nil {
			errs = append(errs, fmt.Errorf("writing what was removed: %w", err))
		}
	}
	folder := filepath.Join(bpffs, "inshore")
	_, err := os.Stat(folder)
	there := err == nil
	if err := ebpf.Remove(bpffs); err != nil {
		errs = append(errs, fmt.Errorf("removing the eBPF datapath below %s (--bpffs): %w", bpffs, err))
	} else if there {
		say("removed %s with the programs and maps pinned there", folder)
	} else {
		say("no eBPF programs or maps of ours below %s", bpffs)
	}
	switch err := nftables.Remove(); {
	case errors.Is(err, nftables.ErrUnsupported):
		say("no nftables table of ours: %v", err)
	case err != nil:
		errs = append(errs, fmt.Errorf("removing the nftables table: %w", err))
	default:
		say("the nftables table inet inshore is gone")
	}
	return errors.Join(errs...)
}
