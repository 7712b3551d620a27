package tracing

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// scope names the instrumentation in traces.
const scope = "github.com/inshore-dev/inshore/webhook"

// Tracer begins spans. A nil Tracer is one that is off. It is a
// manager.Runnable, which sends what is left when the process ends.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	log      logr.Logger
}

// New returns a Tracer, nil if nobody asked for one. An error is one of whoever
// wrote the flags and variables; whether the receiver answers is found out later,
// and logged.
func New(c Config) (*Tracer, error) {
	if c.SamplingRatio < 0 || c.SamplingRatio > 1 {
		return nil, fmt.Errorf("--tracing-sampling-ratio is %v: use a number from 0 to 1", c.SamplingRatio)
	}
	endpoint, err := c.endpoint()
	if endpoint == nil || err != nil {
		return nil, err
	}
	exporter, err := newExporter(c, endpoint)
	if err != nil {
		return nil, err
	}
	named, err := describe(c)
	if err != nil {
		return nil, err
	}
	options := []sdk.TracerProviderOption{sdk.WithBatcher(exporter), sdk.WithResource(named)}
	if c.Getenv("OTEL_TRACES_SAMPLER") == "" {
		options = append(options, sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(c.SamplingRatio))))
	}
	provider := sdk.NewTracerProvider(options...)
	c.Log.Info("Sending spans", "endpoint", endpoint.Redacted())
	return &Tracer{provider: provider, tracer: provider.Tracer(scope, trace.WithInstrumentationVersion(c.Version)), log: c.Log}, nil
}

// describe says who sends the spans, in the names of OpenTelemetry's semantic
// conventions; OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
func describe(c Config) (*resource.Resource, error) {
	attributes := []attribute.KeyValue{
		attribute.String("service.name", c.Service), attribute.String("service.version", c.Version),
	}
	if host, err := os.Hostname(); err == nil {
		attributes = append(attributes, attribute.String("service.instance.id", host)) // In a pod, the pod's name.
	}
	found, err := resource.New(context.Background(),
		resource.WithAttributes(attributes...), resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return found, nil
}

// flushTimeout bounds sending what is left at the end.
const flushTimeout = 5 * time.Second

// NeedLeaderElection is false: every replica traces.
func (*Tracer) NeedLeaderElection() bool { return false }

// Start sends what is left once ctx is done, and returns.
func (t *Tracer) Start(ctx context.Context) error {
	<-ctx.Done()
	if t == nil {
		return nil
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTimeout)
	defer cancel()
	if err := t.provider.Shutdown(flush); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.log.Error(err, "Sending the last spans")
	}
	return nil
}

// Receive begins a span about a call that somebody sent us: a child of the
// caller's, if the headers name one (traceparent, W3C Trace Context).
func (t *Tracer) Receive(ctx context.Context, headers http.Header, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(headers))
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindServer))
	return ctx, Span{span}
}

// Begin begins a span: a child of the one in ctx, if there is any.
func (t *Tracer) Begin(ctx context.Context, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, Span{span}
}
