package agent

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/agent/cgroup"
	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// options are the flags of run.
type options struct {
	kubeconfig string
	server     string
	nodeName   string

	datapath      string
	scope         string
	cgroupRoot    string
	bpffs         string
	maxFrontends  int
	orphanTimeout time.Duration

	healthListen  string
	metricsListen string
	daemonSet     string
	logLevel      string
}

// The values of --datapath.
const (
	datapathAuto     = "auto"
	datapathEBPF     = "ebpf"
	datapathNftables = "nftables"
	datapathBoth     = "both"
)

// defaultAddress is where a running agent answers for itself.
const defaultAddress = "127.0.0.1:10464"

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.nodeName, "node-name", "", "`name` of this node in the cluster (required)")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file`, to run outside a pod; empty uses the pod's service account")
	flags.StringVar(&o.server, "server", "", "`URL` of the API server, in place of the one that the kubeconfig or the pod names: for nodes whose API Service only this agent could route")

	flags.StringVar(&o.datapath, "datapath", datapathAuto, "what carries routes out: ebpf (socket hooks), nftables (packets), both, or auto: ebpf if it works here, else nftables")
	flags.StringVar(&o.scope, "scope", string(routes.ScopeOptedIn), "which Services: opted-in, or local (those and every one with internalTrafficPolicy Local)")
	registerPlaces(flags, &o.cgroupRoot, &o.bpffs)
	flags.IntVar(&o.maxFrontends, "max-frontends", ebpf.DefaultMaxFrontends, "how many frontends (ClusterIP, port, protocol) the eBPF map has room for; memory is taken as it fills")
	flags.DurationVar(&o.orphanTimeout, "orphan-timeout", 5*time.Minute,
		"how long the eBPF datapath goes on routing by its last table without an agent, before it leaves calls to the cluster's proxy; 0 for ever")

	flags.StringVar(&o.healthListen, "health-listen", defaultAddress, "`address` of /healthz, /readyz, /status and /routes (plain HTTP, for this node only)")
	flags.StringVar(&o.metricsListen, "metrics-listen", ":10465", "`address` of /metrics (plain HTTP); empty for none")
	flags.StringVar(&o.daemonSet, "daemonset", "inshore-agent",
		"`name` of the DaemonSet that runs us, in the namespace that the variable POD_NAMESPACE names: if it is gone at SIGTERM, everything is removed from the node. "+
			"Empty, or without that variable: routing is left as it is")
	flags.StringVar(&o.logLevel, "log-level", "info", "info (what changes for people), debug (every update), or a logr verbosity from 0 to 10")
}

// registerPlaces adds the flags that say where things are on the node.
func registerPlaces(flags *pflag.FlagSet, cgroupRoot, bpffs *string) {
	flags.StringVar(cgroupRoot, "cgroup-root", cgroup.Auto, "`folder` of the cgroup v2 hierarchy above all pods, or auto to find it")
	flags.StringVar(bpffs, "bpffs", ebpf.DefaultBPFFS, "`folder` where a BPF file system is mounted")
}

// complete checks the flags, alone and together.
func (o *options) complete() error {
	var errs []error
	if o.nodeName == "" {
		errs = append(errs, errors.New("--node-name is missing: name this node as `kubectl get nodes` does (in a pod, set INSHORE_NODE_NAME from spec.nodeName)"))
	}
	switch o.datapath {
	case datapathAuto, datapathEBPF, datapathNftables, datapathBoth:
	default:
		errs = append(errs, fmt.Errorf("--datapath is %q: use auto, ebpf, nftables or both", o.datapath))
	}
	switch routes.Scope(o.scope) {
	case routes.ScopeOptedIn, routes.ScopeLocal:
	default:
		errs = append(errs, fmt.Errorf("--scope is %q: use opted-in or local", o.scope))
	}
	if o.maxFrontends < 1 {
		errs = append(errs, fmt.Errorf("--max-frontends is %d: use 1 or more", o.maxFrontends))
	}
	// Renewals are a quarter of it apart and must survive a starved node.
	if o.orphanTimeout != 0 && o.orphanTimeout < 10*time.Second {
		errs = append(errs, fmt.Errorf("--orphan-timeout is %s: use 10s or more, or 0 for ever", o.orphanTimeout))
	}
	if o.healthListen == "" {
		errs = append(errs, errors.New("--health-listen is empty: name an address, like "+defaultAddress))
	}
	return errors.Join(errs...)
}

// own says which pod we are, as far as the environment tells.
type own struct {
	namespace, pod string
	// uid is empty outside a pod.
	uid string
}

func ownFrom(lookup func(string) (string, bool)) own {
	get := func(name string) string { value, _ := lookup(name); return value }
	return own{namespace: get("POD_NAMESPACE"), pod: get("POD_NAME"), uid: get("POD_UID")}
}

// leaseNamespace is where the heartbeat is.
func (o own) leaseNamespace() string {
	if o.namespace != "" {
		return o.namespace
	}
	return v1alpha1.AgentNamespace
}
