package tracing

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Span is a stretch of time. The zero Span is that of a tracer that is off. Its
// methods take plain values, not attributes: making those would allocate before
// anything could know that nobody wants them.
type Span struct{ span trace.Span }

// On reports whether anybody will see the span: whether it is worth working out
// what to say in it.
func (s Span) On() bool { return s.span != nil && s.span.IsRecording() }

// Text adds an attribute.
func (s Span) Text(key, value string) {
	if s.On() {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// Count adds an attribute.
func (s Span) Count(key string, n int) {
	if s.On() {
		s.span.SetAttributes(attribute.Int(key, n))
	}
}

// Flag adds an attribute.
func (s Span) Flag(key string, set bool) {
	if s.On() {
		s.span.SetAttributes(attribute.Bool(key, set))
	}
}

// Fail marks the span as failed; a nil error does not.
func (s Span) Fail(err error) {
	if err != nil && s.On() {
		s.span.SetStatus(codes.Error, err.Error())
	}
}

// End ends the span and has it sent. Whatever is added later is lost.
func (s Span) End() {
	if s.span != nil {
		s.span.End()
	}
}
