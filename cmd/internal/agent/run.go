package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"github.com/inshore-dev/inshore/agent"
	"github.com/inshore-dev/inshore/agent/events"
	"github.com/inshore-dev/inshore/agent/gate"
	"github.com/inshore-dev/inshore/agent/heartbeat"
	"github.com/inshore-dev/inshore/agent/introspect"
	"github.com/inshore-dev/inshore/agent/kube"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/agent/watch"
	"github.com/inshore-dev/inshore/cmd/internal/memory"
	"github.com/inshore-dev/inshore/cmd/internal/version"
)

// node is what run does to the machine it is on, or a test's stand-in for it.
type node struct {
	// open opens what carries the table out, remove takes everything away.
	open   func() (*carrier, error)
	remove func() error
}

// newNode is the machine that the process is on.
func newNode(o *options, log logr.Logger) node {
	return node{
		open:   func() (*carrier, error) { return openCarrier(o, log) },
		remove: func() error { return cleanup(o.bpffs, io.Discard) },
	}
}

// run routes the node until ctx is done.
func run(ctx context.Context, o *options, self own, n node, log logr.Logger) error {
	klog.SetLogger(log.WithName("client-go"))
	log.Info("Starting", "version", version.String(), "node", o.nodeName, "scope", o.scope, "datapath", o.datapath)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	config, err := restConfig(o.kubeconfig, o.server)
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	config.Wrap(countRequests(registry))
	client, err := kube.New(config)
	if err != nil {
		return err
	}
	process, err := newProcess(o, self, n, client, registry, log)
	if err != nil {
		return err
	}
	closing := errors.Join(process.run(ctx), process.carrier.Close())
	left, err := leave(o, self, n, client, log)
	if !left {
		log.Info("Stopped; routing stays as it is")
	}
	return errors.Join(closing, err)
}

// process is everything that runs.
type process struct {
	started time.Time
	carrier *carrier
	agent   *agent.Agent
	gate    *gate.Gate
	events  *events.Recorder
	lease   *heartbeat.Lease
	servers []*server
	log     logr.Logger
}

func newProcess(o *options, self own, n node, client *kube.Client, registry *prometheus.Registry, log logr.Logger) (*process, error) {
	source := watch.New(watch.Config{Client: client, Node: o.nodeName, Scope: routes.Scope(o.scope), Log: log.WithName("watch")})
	p := &process{started: time.Now(), log: log}
	p.gate = gate.New(gate.Config{Core: client.Core, Metrics: registry, Clock: clock.RealClock{}, Log: log.WithName("gate")})
	p.events = events.New(events.Config{
		Client: client.Events, Node: o.nodeName, Instance: self.instance(o.nodeName), Metrics: registry,
		Clock: clock.RealClock{}, Log: log.WithName("events"),
	})
	p.lease = heartbeat.New(heartbeat.Config{
		Coordination: client.Coordination, Namespace: self.leaseNamespace(), Node: o.nodeName,
		Holder: self.instance(o.nodeName), Owner: self.owner(), Clock: clock.RealClock{}, Log: log.WithName("lease"),
	})
	// Taken addresses are found before anything on the node is touched: most
	// likely another agent has them.
	health, err := listen("--health-listen", o.healthListen, introspect.NewHandler(p))
	if err != nil {
		return nil, err
	}
	p.servers = append(p.servers, health)
	if p.carrier, err = n.open(); err != nil {
		return nil, errors.Join(err, p.closeServers())
	}
	p.agent = agent.New(agent.Config{
		Node: o.nodeName, Scope: routes.Scope(o.scope), Datapath: p.carrier,
		Canary: p.carrier.canary, Renew: p.carrier.renewal(o.orphanTimeout), RenewPeriod: o.orphanTimeout / 4,
		Source: source, Gate: p.gate, Events: p.events, Metrics: registry, Clock: clock.RealClock{}, Log: log,
	})
	registerInfo(registry, o.nodeName, p.carrier)
	registerGivenUp(registry, p.carrier)
	if o.metricsListen == "" {
		return p, nil
	}
	metrics, err := listen("--metrics-listen", o.metricsListen, newMetricsHandler(registry, p.agent, log))
	if err != nil {
		return nil, errors.Join(err, p.closeServers(), p.carrier.Close())
	}
	p.servers = append(p.servers, metrics)
	return p, nil
}

// run ends when ctx is done, or the agent cannot go on.
func (p *process) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	for _, part := range []func(context.Context){p.gate.Run, p.events.Run, p.lease.Run} {
		all.Go(func() { part(ctx) })
	}
	for _, s := range p.servers {
		all.Go(func() { s.run(ctx, p.log) })
	}
	all.Go(func() {
		select {
		case <-p.agent.Committed():
			memory.GiveBack(p.log)
		case <-ctx.Done():
		}
	})
	err := p.agent.Run(ctx)
	stop()
	all.Wait()
	return err
}

func (p *process) closeServers() error {
	var errs []error
	for _, s := range p.servers {
		errs = append(errs, s.listener.Close())
	}
	return errors.Join(errs...)
}

// Status implements [introspect.Subject].
func (p *process) Status() introspect.Status {
	status := introspect.Status{
		Version: version.String(), Started: p.started, Datapath: p.carrier.describe(),
		Gates: introspect.Gates{Pending: p.gate.Pending()},
	}
	if renewed := p.lease.Renewed(); !renewed.IsZero() {
		status.LeaseRenewed = &renewed
	}
	p.agent.Report(&status)
	return status
}

// Routes implements [introspect.Subject].
func (p *process) Routes() []introspect.Route { return p.agent.Routes() }

// restConfig is the kubeconfig's, or the pod's.
func restConfig(kubeconfig, server string) (*rest.Config, error) {
	var config *rest.Config
	var err error
	if kubeconfig == "" {
		if config, err = rest.InClusterConfig(); errors.Is(err, rest.ErrNotInCluster) {
			return nil, errors.New("this is not a pod: say which cluster with --kubeconfig")
		} else if err != nil {
			return nil, fmt.Errorf("reading the pod's service account: %w", err)
		}
	} else if config, err = clientcmd.BuildConfigFromFlags("", kubeconfig); err != nil {
		return nil, fmt.Errorf("reading --kubeconfig %s: %w", kubeconfig, err)
	}
	if server != "" {
		config.Host = server
	}
	config.UserAgent = "inshore-agent/" + version.String()
	// A node's agent asks little: a patch a pod, a Lease every ten seconds. The
	// default of five a second would hold up the gates of a node that boots.
	config.QPS, config.Burst = 50, 100
	return config, nil
}

// instance is who we are in events and the Lease.
func (o own) instance(node string) string {
	if o.pod != "" {
		return o.pod
	}
	return "inshore-agent-" + node
}

// owner is our pod; nil outside of one.
func (o own) owner() *metav1.OwnerReference {
	if o.pod == "" || o.uid == "" {
		return nil
	}
	return &metav1.OwnerReference{APIVersion: "v1", Kind: "Pod", Name: o.pod, UID: types.UID(o.uid)}
}
