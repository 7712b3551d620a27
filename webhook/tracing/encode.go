package tracing

import (
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	commonv1 "go.opentelemetry.io/proto/otlp/common/v1"
	resourcev1 "go.opentelemetry.io/proto/otlp/resource/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
)

// encode is spans as OTLP writes them. There is one provider, and so one
// resource and one scope.
func encode(spans []sdk.ReadOnlySpan) *tracev1.TracesData {
	if len(spans) == 0 {
		return &tracev1.TracesData{}
	}
	encoded := make([]*tracev1.Span, 0, len(spans))
	for _, span := range spans {
		encoded = append(encoded, encodeSpan(span))
	}
	resource := spans[0].Resource()
	return &tracev1.TracesData{ResourceSpans: []*tracev1.ResourceSpans{{
		Resource:  &resourcev1.Resource{Attributes: encodeAttributes(resource.Attributes())},
		SchemaUrl: resource.SchemaURL(),
		ScopeSpans: []*tracev1.ScopeSpans{{
			Scope: encodeScope(spans[0].InstrumentationScope()), Spans: encoded,
		}},
	}}}
}

func encodeScope(scope instrumentation.Scope) *commonv1.InstrumentationScope {
	return &commonv1.InstrumentationScope{Name: scope.Name, Version: scope.Version}
}

// Flags say whether the parent is in another process (trace.proto, SpanFlags).
const (
	flagHasRemote = 1 << 8
	flagRemote    = 1 << 9
)

func encodeSpan(span sdk.ReadOnlySpan) *tracev1.Span {
	own, parent := span.SpanContext(), span.Parent()
	traceID, spanID := own.TraceID(), own.SpanID()
	encoded := &tracev1.Span{
		TraceId: traceID[:], SpanId: spanID[:], TraceState: own.TraceState().String(),
		Name: span.Name(), Kind: tracev1.Span_SPAN_KIND_INTERNAL,
		StartTimeUnixNano: uint64(span.StartTime().UnixNano()), EndTimeUnixNano: uint64(span.EndTime().UnixNano()),
		Attributes: encodeAttributes(span.Attributes()), DroppedAttributesCount: uint32(span.DroppedAttributes()),
		Status: &tracev1.Status{}, Flags: uint32(own.TraceFlags()) | flagHasRemote,
	}
	if span.SpanKind() == trace.SpanKindServer {
		encoded.Kind = tracev1.Span_SPAN_KIND_SERVER
	}
	if parent.IsValid() {
		parentID := parent.SpanID()
		encoded.ParentSpanId = parentID[:]
		if parent.IsRemote() {
			encoded.Flags |= flagRemote
		}
	}
	if status := span.Status(); status.Code == codes.Error {
		encoded.Status = &tracev1.Status{Code: tracev1.Status_STATUS_CODE_ERROR, Message: status.Description}
	}
	return encoded
}

func encodeAttributes(attributes []attribute.KeyValue) []*commonv1.KeyValue {
	encoded := make([]*commonv1.KeyValue, 0, len(attributes))
	for _, a := range attributes {
		encoded = append(encoded, &commonv1.KeyValue{Key: string(a.Key), Value: encodeValue(a.Value)})
	}
	return encoded
}

// encodeValue keeps the types that our spans have; what else a variable brings
// into the resource goes as text.
func encodeValue(value attribute.Value) *commonv1.AnyValue {
	switch value.Type() {
	case attribute.BOOL:
		return &commonv1.AnyValue{Value: &commonv1.AnyValue_BoolValue{BoolValue: value.AsBool()}}
	case attribute.INT64:
		return &commonv1.AnyValue{Value: &commonv1.AnyValue_IntValue{IntValue: value.AsInt64()}}
	case attribute.STRING:
		return &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value.AsString()}}
	}
	return &commonv1.AnyValue{Value: &commonv1.AnyValue_StringValue{StringValue: value.String()}}
}
