package server

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/govern"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/tracing"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Config is what the handlers need. All fields but Decisions and Tracer are required.
type Config struct {
	// Platform is asked on every review: the API server may be upgraded while
	// we run.
	Platform func() v1alpha1.Platform
	// Rules is asked on every review: bundles and exceptions change while we
	// run.
	Rules   func() validate.Rules
	Related *related.Store
	Metrics *Metrics
	// Decisions is optional: what the validating webhook decided, and from
	// what.
	Decisions *decisionlog.Log
	// Tracer is optional.
	Tracer *tracing.Tracer
	Log    logr.Logger
}

// NewHandler returns the four admission endpoints, each at its path.
func NewHandler(config Config) (http.Handler, error) {
	if config.Platform == nil || config.Rules == nil || config.Related == nil || config.Metrics == nil {
		return nil, errors.New("server.Config needs Platform, Rules, Related and Metrics")
	}
	intake := newIntake()
	mux := http.NewServeMux()
	mux.Handle(registration.PathMutateServices, &endpoint[input.Service, *input.Service]{
		phase: phaseMutate, kind: v1alpha1.KindService, judge: mutator[input.Service](config),
		intake: intake, metrics: config.Metrics, decisions: config.Decisions, tracing: newTraced(config, phaseMutate, v1alpha1.KindService), log: config.Log,
	})
	mux.Handle(registration.PathMutateDaemonSets, &endpoint[input.DaemonSet, *input.DaemonSet]{
		phase: phaseMutate, kind: v1alpha1.KindDaemonSet, judge: mutator[input.DaemonSet](config),
		intake: intake, metrics: config.Metrics, decisions: config.Decisions, tracing: newTraced(config, phaseMutate, v1alpha1.KindDaemonSet), log: config.Log,
	})
	mux.Handle(registration.PathValidateServices, &endpoint[input.Service, *input.Service]{
		phase: phaseValidate, kind: v1alpha1.KindService, judge: validator[input.Service](config),
		intake: intake, metrics: config.Metrics, decisions: config.Decisions, tracing: newTraced(config, phaseValidate, v1alpha1.KindService), log: config.Log,
	})
	mux.Handle(registration.PathValidateDaemonSets, &endpoint[input.DaemonSet, *input.DaemonSet]{
		phase: phaseValidate, kind: v1alpha1.KindDaemonSet, judge: validator[input.DaemonSet](config),
		intake: intake, metrics: config.Metrics, decisions: config.Decisions, tracing: newTraced(config, phaseValidate, v1alpha1.KindDaemonSet), log: config.Log,
	})
	return mux, nil
}

// mutator answers with what the object's annotations and the policies ask for.
func mutator[T any, P object[T]](config Config) func(context.Context, *request[T]) verdict {
	return func(ctx context.Context, r *request[T]) verdict {
		result, readable := govern.Mutate(ctx, config.Rules(), governed[T, P](config, r))
		if !readable {
			// The validating webhook comes next and says what is wrong.
			return verdict{allowed: true, outcome: outcomeLeft}
		}
		v := verdict{allowed: true, outcome: outcomeUnchanged, warnings: boundWarnings(result.Warnings)}
		if v.ops = len(result.Patch); v.ops > 0 {
			v.outcome = outcomePatched
			v.patch = result.Patch.AppendJSON(nil)
		}
		return v
	}
}

// governed is a review as it is decided about.
func governed[T any, P object[T]](config Config, r *request[T]) *govern.Request {
	request := &govern.Request{
		Object: P(r.Object), Operation: r.Operation, Namespace: config.Related.Namespace(r.Namespace),
		Platform: config.Platform(), Related: config.Related.For,
	}
	if r.OldObject != nil {
		request.OldObject = P(r.OldObject)
	}
	return request
}

// validator answers with the verdict of the rules.
func validator[T any, P object[T]](config Config) func(context.Context, *request[T]) verdict {
	return func(ctx context.Context, r *request[T]) verdict {
		said := govern.Validate(ctx, config.Rules(), governed[T, P](config, r))
		decision := said.Decision
		v := verdict{
			allowed: !decision.Denied(), outcome: outcomeAllowed,
			decision: decision, document: said.Document, judged: said.Judged,
		}
		v.warnings = boundWarnings(slices.Concat(warn(decision.Warnings()), said.Warnings, exceptedWarnings(decision.Excepted)))
		switch {
		case !v.allowed:
			v.outcome, v.denied = outcomeDenied, decision.Errors()
		case len(v.warnings) > 0:
			v.outcome = outcomeWarned
		}
		return v
	}
}
