package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/tracing"
)

// phase is which of the two webhooks a path serves.
type phase string

const (
	phaseMutate   phase = "mutate"
	phaseValidate phase = "validate"
)

// endpoint answers the reviews of one kind in one phase: bytes to bytes.
type endpoint[T any, P object[T]] struct {
	phase     phase
	kind      v1alpha1.Kind
	judge     func(context.Context, *request[T]) verdict
	intake    *intake
	metrics   *Metrics
	decisions *decisionlog.Log
	tracing   traced
	log       logr.Logger
}

// ServeHTTP answers a review with a review. What is wrong with the call itself
// is a plain HTTP error, so that failurePolicy decides about the object, as it
// does when nobody answers.
func (e *endpoint[T, P]) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	start := time.Now()
	ctx, span := e.tracing.receive(req)
	defer span.End()
	defer e.recover(w, req, span)
	if !acceptable(w, req) {
		e.metrics.observe(e.phase, e.kind, "", outcomeRefused, start)
		return
	}
	body, release, err := e.intake.read(req)
	if err != nil {
		e.refuse(w, span, err, start)
		return
	}
	defer release()
	review, err := e.decode(ctx, body.bytes)
	if err != nil {
		e.refuse(w, span, err, start)
		return
	}
	size := len(body.bytes)
	v := verdict{allowed: true, outcome: outcomeUnchanged}
	if review.written() {
		v = e.decide(ctx, review)
	}
	// A judgement that the API server no longer waits for is no judgement: a
	// rule may have been cut short.
	if err := req.Context().Err(); err != nil {
		e.refuse(w, span, fmt.Errorf("judging the review: %w", err), start)
		return
	}
	subject := subjectOf[T, P](e.kind, review)
	describe(span, review.UID, string(review.Operation), review.DryRun, subject, v.outcome)
	// The body is decoded, its buffer is free to hold the answer.
	body.bytes = e.encode(ctx, &v, body.bytes[:0], review.UID, subject)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body.bytes)))
	// Writing fails only if the API server hung up; there is nobody to tell.
	_, _ = w.Write(body.bytes)
	e.metrics.observe(e.phase, e.kind, review.Operation, v.outcome, start)
	e.metrics.violations(v.decision.Results)
	e.metrics.exceptions(v.decision.Excepted)
	if v.document != nil {
		e.decisions.Write(&decisionlog.Record{
			Time: start, UID: review.UID, Name: subject.name, DryRun: review.DryRun,
			Document: v.document, Decision: v.judged, Latency: time.Since(start), Size: size,
		})
	}
	logDecision(e.log, &v, decision{
		subject: subject, phase: e.phase, uid: review.UID, operation: review.Operation,
		dryRun: review.DryRun, duration: time.Since(start),
	})
}

// refuse answers a call that is not a review of ours.
func (e *endpoint[T, P]) refuse(w http.ResponseWriter, span tracing.Span, err error, start time.Time) {
	span.Fail(err)
	code := http.StatusBadRequest
	var status *statusError
	if errors.As(err, &status) {
		code = status.code
	}
	e.metrics.observe(e.phase, e.kind, "", outcomeRefused, start)
	e.log.Info("Refused a call", "webhook", e.phase, "kind", e.kind, "code", code, "reason", err.Error())
	http.Error(w, "inshore: "+err.Error(), code)
}

// recover turns a panic into a 500 and keeps the process: the mutating webhook
// is then ignored and the validating one refuses, as when nobody answers.
func (e *endpoint[T, P]) recover(w http.ResponseWriter, req *http.Request, span tracing.Span) {
	cause := recover()
	if cause == nil {
		return
	}
	span.Fail(fmt.Errorf("panic: %v", cause))
	e.metrics.panicked(e.phase, e.kind)
	e.log.Error(fmt.Errorf("panic: %v", cause), "Recovered; please report this",
		"webhook", e.phase, "kind", e.kind, "path", req.URL.Path, "stack", string(debug.Stack()))
	http.Error(w, "inshore: internal error, see the log of inshore-webhook", http.StatusInternalServerError)
}

// subject names the object a review is about.
type subject struct {
	kind      groupKind
	namespace string
	name      string
}

// subjectOf names the object under review; one that the API server will name
// goes by its generateName.
func subjectOf[T any, P object[T]](kind v1alpha1.Kind, r *request[T]) subject {
	s := subject{kind: kinds[kind], namespace: r.Namespace, name: r.Name}
	if s.name == "" && r.Object != nil {
		meta := P(r.Object).Meta()
		if s.name = meta.Name; s.name == "" {
			s.name = meta.GenerateName
		}
	}
	return s
}
