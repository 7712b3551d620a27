package webhook

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/inshore-dev/inshore/cmd/internal/environment"
	"github.com/inshore-dev/inshore/cmd/internal/logger"
	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// Main runs the command and ends the process: 0 after a signal, 1 after an
// error, 2 for wrong flags.
func Main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	// A second signal ends the process at once.
	context.AfterFunc(ctx, stop)
	err := newCommand(os.LookupEnv).ExecuteContext(ctx)
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "inshore-webhook: %v\nSee inshore-webhook --help.\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "inshore-webhook: %v\n", err)
		os.Exit(1)
	}
}

// usageError is an error of whoever wrote the flags.
type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

func newCommand(lookupEnv func(string) (string, bool)) *cobra.Command {
	var o options
	command := &cobra.Command{
		Use:   "inshore-webhook",
		Short: "Answer admission reviews of Services and DaemonSets that opted in to node-local routing",
		Long: `inshore-webhook mutates and validates Services and DaemonSets that carry annotations
under inshore.dev/. API servers call it as the webhook configurations inshore-mutate and
inshore-validate say; apply manifests/ first.

Every flag can be set by an environment variable, INSHORE_ and its name: --cert-dir is
INSHORE_CERT_DIR. A flag on the command line wins.

  /readyz  is 200 once the API server trusts the certificate that is served, the related
           objects are known and the rules are loaded; else it says what is missing.
  /metrics has inshore_admission_*, inshore_audit_*, inshore_exceptions*,
           inshore_certificate_* and inshore_policy_*.`,
		Example: `  # in a pod, with certificates of its own
  inshore-webhook

  # in a pod, with cert-manager's certificate mounted
  inshore-webhook --cert-mode files --cert-dir /tls

  # on your machine, against any cluster whose configurations name a url on it
  inshore-webhook --kubeconfig ~/.kube/config --listen 127.0.0.1:9443 --cert-dir ./tls`,
		Version: version.String(),
		Args: func(command *cobra.Command, args []string) error {
			if err := cobra.NoArgs(command, args); err != nil {
				return &usageError{err}
			}
			return nil
		},
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := environment.SetFlags(command.Flags(), lookupEnv); err != nil {
				return &usageError{err}
			}
			if err := o.complete(); err != nil {
				return &usageError{err}
			}
			log, err := logger.New(o.logLevel)
			if err != nil {
				return &usageError{err}
			}
			return run(command.Context(), &o, log)
		},
	}
	command.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	o.register(command.Flags())
	command.Flags().SortFlags = false
	return command
}
