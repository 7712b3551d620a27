package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/certs"
	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/mirror"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/server"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// run answers reviews until ctx is done and then for the shutdown delay.
func run(ctx context.Context, o *options, log logr.Logger) error {
	ctrl.SetLogger(log)
	klog.SetLogger(log.WithName("client-go"))
	log.Info("Starting", "version", version.String(), "certMode", o.certMode, "namespace", o.namespace)

	mgr, err := newManager(o, log)
	if err != nil {
		return err
	}
	rules, err := newBundles(ctx, o, mgr, log.WithName("policies"))
	if err != nil {
		return err
	}
	var registrar *registration.Writer // made of what tells it of changes
	excepted, err := newExceptions(mgr, func() { registrar.Wake() }, log.WithName("exceptions"))
	if err != nil {
		return err
	}
	if registrar, err = newRegistration(mgr, excepted, log.WithName("registration")); err != nil {
		return err
	}
	store, daemons := &related.Store{}, rollout.NewDaemons(clock.RealClock{})
	rollouts, gates := newDeadline(o, mgr, log.WithName("deadline"))
	var auditor *audit.Audit // made of what tells it of changes
	clusterMirror, err := mirror.New(mirror.Config{
		REST: mgr.GetConfig(), HTTP: mgr.GetHTTPClient(), Store: store, Rollouts: rollouts, Daemons: daemons,
		Changed: func(namespace string) { auditor.Changed(namespace) }, Log: log.WithName("mirror"),
	})
	if err != nil {
		return err
	}
	discoveryClient, err := discovery.NewDiscoveryClientForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return fmt.Errorf("preparing to read the API server's version: %w", err)
	}
	kubernetes := mirror.NewVersion(discoveryClient, clock.RealClock{}, log.WithName("version"))
	certificate, err := newCertificate(o, mgr, log.WithName("certs"))
	if err != nil {
		return err
	}
	decisions, err := newDecisionLog(o, log.WithName("decision-log"))
	if err != nil {
		return err
	}
	tracer, err := newTracer(o, log.WithName("tracing"))
	if err != nil {
		return err
	}
	by := judging{
		store: store, daemons: daemons, tracer: tracer,
		platform: func() v1alpha1.Platform {
			return v1alpha1.Platform{Kubernetes: kubernetes.Get(), ReadinessGate: v1alpha1.ReadinessGate(o.readinessGate)}
		},
		rules: func() validate.Rules {
			return validate.Rules{Engine: rules.Engine(), Exceptions: excepted.Get(), Enforcement: excepted.Enforcement(), Now: time.Now()}
		},
		ready: []func() error{clusterMirror.Ready, kubernetes.Ready, rules.Ready, excepted.Ready},
	}
	if auditor, err = newAudit(o, mgr, by, log.WithName("audit")); err != nil {
		return err
	}
	handler, err := server.NewHandler(server.Config{
		Platform: by.platform, Rules: by.rules, Related: store,
		Metrics: server.NewMetrics(metrics.Registry), Decisions: decisions, Tracer: tracer, Log: log.WithName("admission"),
	})
	if err != nil {
		return err
	}
	verifyCaller, callers, err := newCallers(o, log.WithName("callers"))
	if err != nil {
		return err
	}
	listener, err := server.Listen(server.ListenerConfig{
		Address: o.listen, Handler: handler, GetCertificate: certificate.GetCertificate, VerifyCaller: verifyCaller, Log: log.WithName("listener"),
	})
	if err != nil {
		return err
	}
	health := server.NewHealth(log.WithName("health"),
		server.Check{Name: "related objects", Ready: clusterMirror.Ready},
		server.Check{Name: "kubernetes version", Ready: kubernetes.Ready},
		server.Check{Name: "policies", Ready: rules.Ready},
		server.Check{Name: "exceptions", Ready: excepted.Ready},
		server.Check{Name: "certificate", Ready: trusted(certificate, registration.Live{Reader: mgr.GetCache()})},
	)
	registerMetrics(metrics.Registry, certificate)
	healthServer, err := newHealthServer(o.healthListen, health)
	if err != nil {
		return err
	}
	frugal := newFrugality(log.WithName("memory"), clusterMirror.Ready, rules.Ready)
	for _, runnable := range []manager.Runnable{clusterMirror, kubernetes, certificate, callers, listener, healthServer, gates, decisions, rules, excepted, registrar, auditor, frugal, tracer} {
		if err := mgr.Add(runnable); err != nil {
			return fmt.Errorf("preparing to start: %w", err)
		}
	}
	return serve(ctx, mgr, o.shutdownDelay, log, func() {
		health.Stop()
		listener.Drain()
	})
}

// serve runs the manager. When ctx is done it calls drain and goes on serving
// for delay: endpoints and every node's rules need that long to forget us.
func serve(ctx context.Context, mgr manager.Manager, delay time.Duration, log logr.Logger, drain func()) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	context.AfterFunc(ctx, func() {
		log.Info("Shutting down: not ready any more, still answering", "delay", delay.String())
		drain()
		time.AfterFunc(delay, stop)
	})
	if err := mgr.Start(running); err != nil {
		return fmt.Errorf("running: %w", err)
	}
	log.Info("Stopped")
	return nil
}

// gracePeriod bounds the end of everything after the shutdown delay. It exceeds
// what the listener gives the calls under way.
const gracePeriod = 20 * time.Second

// newManager returns a manager whose cache holds nothing but the objects that
// trust in us depends on.
func newManager(o *options, log logr.Logger) (manager.Manager, error) {
	config, err := restConfig(o.kubeconfig)
	if err != nil {
		return nil, err
	}
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), coordinationv1.AddToScheme(scheme), admissionv1.AddToScheme(scheme)); err != nil {
		return nil, fmt.Errorf("preparing the API's types: %w", err)
	}
	named := func(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }
	// Our rights to list and watch are for these names only.
	watched := map[client.Object]cache.ByObject{
		&admissionv1.MutatingWebhookConfiguration{}:   {Field: named(registration.MutateName)},
		&admissionv1.ValidatingWebhookConfiguration{}: {Field: named(registration.ValidateName)},
	}
	if o.certMode == certModeEmbedded {
		watched[&corev1.Secret{}] = cache.ByObject{
			Field: named(certs.SecretName), Namespaces: map[string]cache.Config{o.namespace: {}},
		}
	}
	o.bundles.watch(o.namespace, watched)
	metricsAddress := o.metricsListen
	if metricsAddress == "" {
		metricsAddress = "0" // controller-runtime's word for none
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                  scheme,
		Logger:                  log.WithName("manager"),
		Cache:                   cache.Options{ByObject: watched},
		Metrics:                 metricsserver.Options{BindAddress: metricsAddress},
		HealthProbeBindAddress:  "0", // server.Health gives its reasons
		GracefulShutdownTimeout: new(gracePeriod),
	})
	if err != nil {
		return nil, fmt.Errorf("preparing to talk to the API server: %w", err)
	}
	return mgr, nil
}

// restConfig is the kubeconfig's, or the pod's.
func restConfig(kubeconfig string) (*rest.Config, error) {
	if kubeconfig == "" {
		config, err := rest.InClusterConfig()
		if errors.Is(err, rest.ErrNotInCluster) {
			return nil, errors.New("this is not a pod: say which cluster with --kubeconfig")
		}
		if err != nil {
			return nil, fmt.Errorf("reading the pod's service account: %w", err)
		}
		return config, nil
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading --kubeconfig %s: %w", kubeconfig, err)
	}
	return config, nil
}
