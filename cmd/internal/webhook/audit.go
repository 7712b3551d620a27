package webhook

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/nodelocalpolicies"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/rollout"
	"github.com/inshore-dev/inshore/webhook/tracing"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// auditOptions are the flags about what is in the cluster already.
type auditOptions struct {
	mode string
	rate float64
}

func (o *auditOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.mode, "audit", string(audit.ModeRepair),
		"what to do about objects in the cluster: repair (write a report in every namespace, patch what admission missed, and roll policies out), report, or off")
	flags.Float64Var(&o.rate, "audit-repair-rate", 5, "how many objects a second --audit=repair patches at most")
}

func (o *auditOptions) validate() error {
	var errs []error
	switch audit.Mode(o.mode) {
	case audit.ModeRepair, audit.ModeReport, audit.ModeOff:
	default:
		errs = append(errs, fmt.Errorf("--audit is %q: use repair, report or off", o.mode))
	}
	if o.rate <= 0 {
		errs = append(errs, fmt.Errorf("--audit-repair-rate is %v: use more than 0, or --audit=report", o.rate))
	}
	return errors.Join(errs...)
}

// newExceptions returns what keeps the exceptions up to date.
func newExceptions(mgr manager.Manager, changed func(), log logr.Logger) (*nodelocalpolicies.Watch, error) {
	return nodelocalpolicies.New(nodelocalpolicies.Config{
		REST: mgr.GetConfig(), HTTP: mgr.GetHTTPClient(), Metrics: metrics.Registry, Changed: changed, Clock: clock.RealClock{}, Log: log,
	})
}

// judging is what admission and audit both judge by.
type judging struct {
	store    *related.Store
	daemons  *rollout.Daemons
	rules    func() validate.Rules
	platform func() v1alpha1.Platform
	tracer   *tracing.Tracer
	// ready are the errors of what the three need, until it is there.
	ready []func() error
}

// newAudit returns what judges the objects that are in the cluster already.
func newAudit(o *options, mgr manager.Manager, j judging, log logr.Logger) (*audit.Audit, error) {
	return audit.New(audit.Config{
		Mode: audit.Mode(o.audit.mode), RepairRate: o.audit.rate,
		REST: mgr.GetConfig(), HTTP: mgr.GetHTTPClient(), Namespace: o.namespace,
		Store: j.store, Daemons: j.daemons, Rules: j.rules, Platform: j.platform, Registered: registered(mgr.GetCache()),
		Ready: func() error {
			var errs []error
			for _, ready := range j.ready {
				errs = append(errs, ready())
			}
			return errors.Join(errs...)
		},
		Metrics: audit.NewMetrics(metrics.Registry), PolicyMetrics: audit.NewPolicyMetrics(metrics.Registry), Tracer: j.tracer, Events: mgr.GetEventRecorder("inshore-webhook"),
		Clock: clock.RealClock{}, Log: log,
	})
}

// registered is an error while there is no webhook configuration that has us
// mutate. It is read from the cache that readiness reads it from.
func registered(reader client.Reader) func() error {
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		defer cancel()
		err := reader.Get(ctx, client.ObjectKey{Name: registration.MutateName}, &admissionv1.MutatingWebhookConfiguration{})
		if apierrors.IsNotFound(err) {
			return fmt.Errorf("there is no MutatingWebhookConfiguration %s, so mutation is switched off", registration.MutateName)
		}
		if err != nil {
			return fmt.Errorf("reading MutatingWebhookConfiguration %s: %w", registration.MutateName, err)
		}
		return nil
	}
}
