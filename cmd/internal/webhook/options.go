package webhook

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/certs"
)

// options are the flags.
type options struct {
	kubeconfig    string
	listen        string
	metricsListen string
	healthListen  string

	certMode    string
	certDir     string
	clientCA    string
	clientNames []string
	namespace   string
	serviceName string
	certs       certs.Durations

	readinessGate string
	agentDeadline time.Duration
	policyDirs    []string
	bundles       bundleOptions
	audit         auditOptions
	tracing       tracingOptions
	logLevel      string
	decisionLog   string
	shutdownDelay time.Duration
}

// The values of --cert-mode.
const (
	certModeEmbedded = "embedded"
	certModeFiles    = "files"
)

// register adds the flags. Durations of certificates are hidden: the defaults
// suit every cluster, and tests rotate in seconds.
func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "kubeconfig `file`, to run outside a pod; empty uses the pod's service account")
	flags.StringVar(&o.listen, "listen", ":9443", "`address` that answers admission reviews (TLS)")
	flags.StringVar(&o.metricsListen, "metrics-listen", ":8080", "`address` of /metrics (plain HTTP); empty for none")
	flags.StringVar(&o.healthListen, "health-listen", ":8081", "`address` of /healthz and /readyz (plain HTTP); empty for none")

	flags.StringVar(&o.certMode, "cert-mode", "", "where the serving certificate comes from: embedded (a CA of our own in Secret "+
		certs.SecretName+") or files (--cert-dir); empty means files if --cert-dir is given, else embedded")
	flags.StringVar(&o.certDir, "cert-dir", "", "`directory` with tls.crt and tls.key, reloaded when they change")
	flags.StringVar(&o.clientCA, "client-ca-file", "", "`file` of the authorities (PEM) whose client certificates may call, reloaded when it changes; "+
		"empty lets everybody call who reaches --listen. Probes and metrics ask for none")
	flags.StringSliceVar(&o.clientNames, "client-name", nil, "common `name` that a caller's certificate must have; may be repeated; none allows every certificate of --client-ca-file")
	flags.StringVar(&o.namespace, "namespace", "inshore-system", "`namespace` of our Service and of the embedded CA's Secret")
	flags.StringVar(&o.serviceName, "service-name", "inshore-webhook", "`name` of the Service that API servers call, for the certificate")

	flags.StringVar(&o.readinessGate, "readiness-gate", string(v1alpha1.ReadinessGateNone),
		"readiness gate of DaemonSets that do not say: agent where the node agent is installed, else none")
	flags.DurationVar(&o.agentDeadline, "agent-deadline", time.Minute,
		"with --readiness-gate=agent: how long a pod may wait for a node agent that shows no sign of life before its gate is opened without it; 0 for ever")
	flags.StringSliceVar(&o.policyDirs, "policy-dir", nil, "`directory` of Rego rules besides the built-in ones, reloaded when it changes; may be repeated")
	o.bundles.register(flags)
	o.audit.register(flags)
	o.tracing.register(flags)
	flags.StringVar(&o.logLevel, "log-level", "info", "info (denials and changes), debug (every decision), or a logr verbosity from 0 to 10")
	flags.StringVar(&o.decisionLog, "decision-log", "", "`file` that every decision is appended to as a line of JSON, masked, for inshore replay; - for standard output, empty for none")
	flags.DurationVar(&o.shutdownDelay, "shutdown-delay", 5*time.Second,
		"how long to keep answering after SIGTERM, not ready any more, until no API server calls us")

	o.certs = certs.DefaultDurations
	flags.DurationVar(&o.certs.CA, "ca-duration", o.certs.CA, "embedded: lifetime of a CA; the next one is made at two thirds of it")
	flags.DurationVar(&o.certs.Leaf, "cert-duration", o.certs.Leaf, "embedded: lifetime of the serving certificate; renewed at half of it")
	flags.DurationVar(&o.certs.Propagation, "ca-propagation", o.certs.Propagation,
		"embedded: how long API servers may take to notice a caBundle; nothing is signed by a CA before")
	flags.DurationVar(&o.certs.Interval, "cert-interval", o.certs.Interval, "embedded: how often everything is looked at, besides when it changes")
	for _, name := range []string{"ca-duration", "cert-duration", "ca-propagation", "cert-interval"} {
		// The flag was added above.
		_ = flags.MarkHidden(name)
	}
}

// complete fills in what follows from other flags and checks the rest.
func (o *options) complete() error {
	if o.certMode == "" {
		o.certMode = certModeEmbedded
		if o.certDir != "" {
			o.certMode = certModeFiles
		}
	}
	var errs []error
	switch o.certMode {
	case certModeEmbedded:
		if o.certDir != "" {
			errs = append(errs, errors.New("--cert-dir is read with --cert-mode=files only: drop one of the two"))
		}
		errs = append(errs, o.certs.Validate())
	case certModeFiles:
		if o.certDir == "" {
			errs = append(errs, errors.New("--cert-mode=files needs --cert-dir, a directory with tls.crt and tls.key"))
		}
	default:
		errs = append(errs, fmt.Errorf("--cert-mode is %q: use embedded or files", o.certMode))
	}
	if len(o.clientNames) > 0 && o.clientCA == "" {
		errs = append(errs, errors.New("--client-name says whose certificates may call: --client-ca-file must say who issues them"))
	}
	switch v1alpha1.ReadinessGate(o.readinessGate) {
	case v1alpha1.ReadinessGateAgent, v1alpha1.ReadinessGateNone:
	default:
		errs = append(errs, fmt.Errorf("--readiness-gate is %q: use agent or none", o.readinessGate))
	}
	if o.agentDeadline < 0 {
		errs = append(errs, fmt.Errorf("--agent-deadline is %s: use 0 or more", o.agentDeadline))
	}
	if o.shutdownDelay < 0 {
		errs = append(errs, fmt.Errorf("--shutdown-delay is %s: use 0 or more", o.shutdownDelay))
	}
	errs = append(errs, o.bundles.validate(), o.audit.validate())
	return errors.Join(errs...)
}

// opensGates reports whether gates of dead agents are ours to open.
func (o *options) opensGates() bool {
	return o.agentDeadline > 0 && v1alpha1.ReadinessGate(o.readinessGate) == v1alpha1.ReadinessGateAgent
}

// serverNames are the names in the embedded certificate: the one API servers
// ask for, and outside a pod those of a url on this machine.
func (o *options) serverNames() []string {
	names := []string{o.serviceName + "." + o.namespace + ".svc"}
	if o.kubeconfig != "" {
		names = append(names, "localhost", "127.0.0.1", "::1")
	}
	return names
}
