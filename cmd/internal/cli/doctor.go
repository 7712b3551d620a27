package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/doctor"
)

// doctorFlags say which cluster to look at, and how closely.
type doctorFlags struct {
	clusterFlags
	namespace, canaryNamespace string
	askAgents                  bool
}

func newDoctor(streams Streams) *cobra.Command {
	var f doctorFlags
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Look at the installation in a cluster, and say what is wrong and what to do",
		Long: `Doctor looks at Inshore in the cluster that your kubeconfig names:

  Cluster    is Kubernetes new enough?
  Webhook    are its replicas ready, do the two webhook configurations mean what they
             should, and is the certificate's CA in them?
  Admission  three objects are sent as dry runs: a Service and a DaemonSet that opt in must
             come back mutated, a misspelt annotation must be refused
  Policies   is the CRD of this release, does the API server send what NodeLocalPolicies
             ask for, does each policy hold and does its roll-out move, does a replica audit?
  Agent      is one release rolled out, and is each bound to its own node by policy?
  Nodes      is there an agent on every node, ready, with a fresh Lease; and what does each
             say is missing on its node? (exec of inshore-agent check and status in each pod)
  Daemons    is one on a node without an agent, or waiting for one?

It changes nothing. You need to read the objects above, to create Services and
DaemonSets in --canary-namespace, and to exec in namespace inshore-agent; what you may
not do is reported as ?? and the rest is still looked at.

Exit code 0: all is well. 1: there is a problem. 2: no problem was found, but something
could not be looked at.`,
		Example: `  inshore doctor
  inshore doctor --context production -o json
  inshore doctor --ask-agents=false   # without exec into the agents
  kubectl inshore doctor              # the same, as a kubectl plugin`,
		Args: noArguments,
	}
	flags := command.Flags()
	f.clusterFlags.register(flags)
	flags.StringVarP(&f.namespace, "namespace", "n", "inshore-system", "the namespace that the webhook is in")
	flags.StringVar(&f.canaryNamespace, "canary-namespace", "default", "the namespace that the dry runs claim to create objects in")
	flags.BoolVar(&f.askAgents, "ask-agents", true, "run inshore-agent check and status in each agent's pod")
	output := choose(command, "output", "o", "how to write it", "text", "json")
	command.RunE = func(command *cobra.Command, _ []string) error {
		config, err := f.config()
		if err != nil {
			return err
		}
		notes := newNotes(streams)
		config.Progress = notes.say
		facts, err := doctor.Look(command.Context(), config)
		notes.clear()
		if err != nil {
			return err
		}
		report := doctor.Judge(facts)
		write := report.WriteText
		if output.value == "json" {
			write = report.WriteJSON
		}
		if err := write(streams.Out); err != nil {
			return err
		}
		switch report.Worst() {
		case doctor.Problem:
			return errViolations
		case doctor.Unknown:
			return errNotSeen
		}
		return nil
	}
	return command
}

func (f *doctorFlags) config() (doctor.Config, error) {
	config, err := f.clusterFlags.config("doctor")
	if err != nil {
		return doctor.Config{}, err
	}
	// The canaries' admission warnings would be the user's to read otherwise.
	config.WarningHandler = rest.NoWarnings{}
	streaming := rest.CopyConfig(config)
	config.Timeout = requestTimeout
	shared, err := rest.HTTPClientFor(config)
	if err != nil {
		return doctor.Config{}, fmt.Errorf("preparing to talk to the cluster: %w", err)
	}
	client, err := kubernetes.NewForConfigAndClient(config, shared)
	if err != nil {
		return doctor.Config{}, fmt.Errorf("preparing to talk to the cluster: %w", err)
	}
	result := doctor.Config{
		Client: client, Namespace: f.namespace, CanaryNamespace: f.canaryNamespace,
		CRD: func(ctx context.Context) (*doctor.CRD, error) { return readCRD(ctx, client) },
		Policies: func(ctx context.Context) ([]*v1alpha1.NodeLocalPolicy, error) {
			return listPolicies(ctx, config, shared)
		},
	}
	if f.askAgents {
		result.Ask = doctor.Exec(streaming, client)
	}
	return result, nil
}

// readCRD reads the CRD of NodeLocalPolicies.
func readCRD(ctx context.Context, client kubernetes.Interface) (*doctor.CRD, error) {
	text, err := client.Discovery().RESTClient().Get().
		AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/nodelocalpolicies.inshore.dev").
		SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	crd := &doctor.CRD{}
	if err := json.Unmarshal(text, crd); err != nil {
		return nil, fmt.Errorf("reading the CRD: %w", err)
	}
	return crd, nil
}
