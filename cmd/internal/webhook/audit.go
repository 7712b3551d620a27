package webhook

import (
	"errors"
	"fmt"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/audit"
	"github.com/inshore-dev/inshore/webhook/exceptions"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// auditOptions are the flags about what is in the cluster already.
type auditOptions struct {
	mode string
	rate float64
}

func (o *auditOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.mode, "audit", string(audit.ModeRepair),
		"what to do about objects in the cluster: repair (write a report in every namespace, and patch what admission missed), report, or off")
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
func newExceptions(mgr manager.Manager, log logr.Logger) (*exceptions.Watch, error) {
	return exceptions.New(exceptions.Config{
		REST: mgr.GetConfig(), HTTP: mgr.GetHTTPClient(), Metrics: metrics.Registry, Clock: clock.RealClock{}, Log: log,
	})
}

// judging is what admission and audit both judge by.
type judging struct {
	store    *related.Store
	rules    func() validate.Rules
	platform func() v1alpha1.Platform
	// ready are the errors of what the three need, until it is there.
	ready []func() error
}

// newAudit returns what judges the objects that are in the cluster already.
func newAudit(o *options, mgr manager.Manager, j judging, log logr.Logger) (*audit.Audit, error) {
	return audit.New(audit.Config{
		Mode: audit.Mode(o.audit.mode), RepairRate: o.audit.rate,
		REST: mgr.GetConfig(), HTTP: mgr.GetHTTPClient(), Namespace: o.namespace,
		Store: j.store, Rules: j.rules, Platform: j.platform,
		Ready: func() error {
			var errs []error
			for _, ready := range j.ready {
				errs = append(errs, ready())
			}
			return errors.Join(errs...)
		},
		Metrics: audit.NewMetrics(metrics.Registry), Events: mgr.GetEventRecorder("inshore-webhook"),
		Clock: clock.RealClock{}, Log: log,
	})
}
