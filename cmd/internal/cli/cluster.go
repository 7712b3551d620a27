package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// clusterFlags say which cluster to look at.
type clusterFlags struct{ kubeconfig, context string }

func (f *clusterFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig `file`; empty reads KUBECONFIG, or ~/.kube/config")
	flags.StringVar(&f.context, "context", "", "the kubeconfig's `context`; empty for its current one")
}

// requestTimeout bounds one request, so that an API server that does not answer
// is said to, rather than waited for. An exec has a bound of its own.
const requestTimeout = 20 * time.Second

// config is a client's configuration without a timeout; command is what the API
// server's log will say who asks.
func (f *clusterFlags) config(command string) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = f.kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: f.context})
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, errors.New("no cluster to look at: say which with --kubeconfig, or set KUBECONFIG")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.UserAgent = "inshore-" + command + "/" + version.String()
	config.QPS, config.Burst = 50, 100
	return config, nil
}
