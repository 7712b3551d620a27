package server

import (
	"context"
	"net/http"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/tracing"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// traced is how an endpoint tells where its time goes.
type traced struct {
	tracer *tracing.Tracer
	// review and step name the spans of a call and of its judgement.
	review, step string
	rules        func() validate.Rules
}

func newTraced(config Config, phase phase, kind v1alpha1.Kind) traced {
	step := "mutate"
	if phase == phaseValidate {
		step = "evaluate"
	}
	return traced{
		tracer: config.Tracer, review: "admission " + string(phase) + " " + string(kind), step: step, rules: config.Rules,
	}
}

func (t *traced) receive(req *http.Request) (context.Context, tracing.Span) {
	return t.tracer.Receive(req.Context(), req.Header, t.review)
}

// describe says what the call was about and what came of it.
func describe(span tracing.Span, uid, operation string, dryRun bool, subject subject, outcome outcome) {
	span.Text("inshore.review.uid", uid)
	span.Text("inshore.review.operation", operation)
	span.Flag("inshore.review.dry_run", dryRun)
	span.Text("inshore.outcome", string(outcome))
	span.Text("inshore.object.kind", subject.kind.Kind)
	span.Text("inshore.object.name", subject.name)
	span.Text("k8s.namespace.name", subject.namespace)
}

// decode reads the review from body.
func (e *endpoint[T, P]) decode(ctx context.Context, body []byte) (*request[T], error) {
	_, span := e.tracing.tracer.Begin(ctx, "decode")
	defer span.End()
	span.Count("inshore.review.bytes", len(body))
	review, err := decodeReview[T](e.kind, body)
	span.Fail(err)
	return review, err
}

// decide judges the review.
func (e *endpoint[T, P]) decide(ctx context.Context, review *request[T]) verdict {
	ctx, span := e.tracing.tracer.Begin(ctx, e.tracing.step)
	defer span.End()
	v := e.judge(ctx, review)
	if !span.On() {
		return v
	}
	if e.phase == phaseMutate {
		span.Count("inshore.patch.operations", v.ops)
		return v
	}
	span.Text("inshore.policies.revision", v.decision.Revision)
	span.Count("inshore.policies.rules", len(e.tracing.rules().Engine.Rules()))
	span.Count("inshore.policies.findings", len(v.decision.Results))
	return v
}

// encode appends the answer to body.
func (e *endpoint[T, P]) encode(ctx context.Context, v *verdict, body []byte, uid string, subject subject) []byte {
	_, span := e.tracing.tracer.Begin(ctx, "encode")
	defer span.End()
	body = v.appendReview(body, uid, subject)
	span.Count("inshore.answer.bytes", len(body))
	return body
}
