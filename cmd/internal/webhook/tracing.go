package webhook

import (
	"os"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"

	"github.com/inshore-dev/inshore/cmd/internal/version"
	"github.com/inshore-dev/inshore/webhook/tracing"
)

// tracingOptions are the flags about spans.
type tracingOptions struct {
	endpoint string
	ratio    float64
}

func (o *tracingOptions) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.endpoint, "tracing-endpoint", "",
		"`url` of an OTLP/HTTP receiver of spans, such as http://collector.tracing:4318; empty, and no OTEL_EXPORTER_OTLP_ENDPOINT, for none")
	flags.Float64Var(&o.ratio, "tracing-sampling-ratio", 0.1,
		"share, from 0 to 1, of the traces that begin with us which are sent; a review that belongs to an API server's trace is sent if that is")
}

// newTracer returns what the flags and the OTEL_ variables ask for, nil for none.
func newTracer(o *options, log logr.Logger) (*tracing.Tracer, error) {
	return tracing.New(tracing.Config{
		Endpoint: o.tracing.endpoint, SamplingRatio: o.tracing.ratio,
		Service: "inshore-webhook", Version: version.String(), Getenv: os.Getenv, Log: log,
	})
}
