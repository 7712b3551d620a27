// Package tracing tells where the time of a review, or of an audit pass, went: as
// OpenTelemetry spans, sent by OTLP over HTTP. It is off unless somebody names a
// receiver.
//
// # Whose trace
//
// API servers that trace (KEP-647; beta since Kubernetes 1.27, --tracing-config-file)
// send a W3C traceparent header with every webhook call. Our span is then a
// child of theirs, and is sent if theirs is: who waits for `kubectl apply` finds
// our share of it in one trace. Without a parent, [Config.SamplingRatio] decides.
//
// A span names the object that it is about (kind, namespace, name, operation)
// and what came of it. Nothing else of the object is in it.
//
// # Off is free
//
// A nil [Tracer] is a tracer that is off. Every method of it, and of the [Span]
// that it gives, returns at once and allocates nothing; a test counts.
//
// # Its own exporter
//
// The SDK's own exporters link gRPC, even the one that speaks HTTP only, because
// the generated package of the collector's service does: 5 MiB of resident memory
// in a program that does nothing else, traced or not. Here spans go through the SDK (sampling,
// batches, limits, resources) and out by net/http, in the same bytes: OTLP's
// ExportTraceServiceRequest and TracesData are one message on the wire. While it is
// off that costs 0.9 MB of the binary, and no resident memory that could be told
// from noise: an idle webhook took 25.9 MB without this package and 25.7 with it,
// means of three runs in turn.
//
// # Environment
//
// The standard variables mean what OpenTelemetry says: OTEL_EXPORTER_OTLP_ENDPOINT,
// _HEADERS, _TIMEOUT, _COMPRESSION, _CERTIFICATE, _CLIENT_CERTIFICATE,
// _CLIENT_KEY and _PROTOCOL, each also as OTEL_EXPORTER_OTLP_TRACES_…;
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_TRACES_SAMPLER and its
// _ARG, OTEL_TRACES_EXPORTER=none, OTEL_SDK_DISABLED, OTEL_BSP_… and OTEL_SPAN_….
// A flag wins over its variable, except that OTEL_TRACES_SAMPLER, where it is
// set, takes the place of [Config.SamplingRatio].
//
// # Trust
//
// Anybody who reaches the webhook's port can send a traceparent and have spans
// made. They are small, wait in a queue of bounded length (OTEL_BSP_MAX_QUEUE_SIZE,
// 2,048) and are dropped beyond it; a review never waits for them.
package tracing
