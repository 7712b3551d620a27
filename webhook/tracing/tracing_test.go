package tracing_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/inshore-dev/inshore/webhook/tracing"
)

// receiver is an OTLP/HTTP receiver.
type receiver struct {
	*httptest.Server
	mu       sync.Mutex
	received []*tracev1.ResourceSpans
	requests []*http.Request
	// codes are answered to the first requests; then 200.
	codes []int
}

func newReceiver(t *testing.T, codes ...int) *receiver {
	t.Helper()
	r := &receiver{codes: codes}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.requests = append(r.requests, request)
		body := io.Reader(request.Body)
		if request.Header.Get("Content-Encoding") == "gzip" {
			unzipped, err := gzip.NewReader(body)
			if err != nil {
				t.Error(err)
				return
			}
			body = unzipped
		}
		text, err := io.ReadAll(body)
		var data tracev1.TracesData
		if err = errors.Join(err, proto.Unmarshal(text, &data)); err != nil {
			t.Error(err)
		}
		if len(r.codes) > 0 {
			w.WriteHeader(r.codes[0])
			r.codes = r.codes[1:]
			return
		}
		r.received = append(r.received, data.ResourceSpans...)
	}))
	t.Cleanup(r.Close)
	return r
}

// named are the spans that were received, by name.
func (r *receiver) named() map[string]*tracev1.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := map[string]*tracev1.Span{}
	for _, resource := range r.received {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				spans[span.Name] = span
			}
		}
	}
	return spans
}

// variables is an environment.
func variables(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

// start returns a tracer, and what ends it and has everything sent.
func start(t *testing.T, config tracing.Config) (*tracing.Tracer, func()) {
	t.Helper()
	if config.Getenv == nil {
		config.Getenv = variables(nil)
	}
	if config.Log.GetSink() == nil {
		config.Log = logr.Discard()
	}
	config.Service, config.Version = "inshore-webhook", "v0"
	tracer, err := tracing.New(config)
	if err != nil {
		t.Fatal(err)
	}
	if tracer == nil {
		t.Fatal("the tracer is off")
	}
	return tracer, func() {
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if err := tracer.Start(ctx); err != nil {
			t.Error(err)
		}
	}
}

// traced are headers as an API server that traces sends them.
func traced(flags string) http.Header {
	return http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-" + flags}}
}

func TestASpanIsAChildOfTheAPIServers(t *testing.T) {
	r := newReceiver(t)
	tracer, flush := start(t, tracing.Config{Endpoint: r.URL})
	ctx, span := tracer.Receive(t.Context(), traced("01"), "admission")
	span.Text("text", "a")
	span.Count("count", 3)
	span.Flag("flag", true)
	_, child := tracer.Begin(ctx, "decode")
	child.Fail(errors.New("no JSON"))
	child.End()
	span.End()
	flush()

	spans := r.named()
	parent, decode := spans["admission"], spans["decode"]
	if parent == nil || decode == nil {
		t.Fatalf("received %v", spans)
	}
	if got := hex(parent.TraceId) + " " + hex(parent.ParentSpanId); got != "0af7651916cd43dd8448eb211c80319c b7ad6b7169203331" {
		t.Errorf("trace and parent are %s", got)
	}
	if string(decode.ParentSpanId) != string(parent.SpanId) || string(decode.TraceId) != string(parent.TraceId) {
		t.Error("decode is no child of admission")
	}
	if parent.Kind != tracev1.Span_SPAN_KIND_SERVER || decode.Kind != tracev1.Span_SPAN_KIND_INTERNAL {
		t.Errorf("kinds are %s and %s", parent.Kind, decode.Kind)
	}
	// Whether a parent is another process's: bits 8 and 9.
	if parent.Flags != 0x301 || decode.Flags != 0x101 {
		t.Errorf("flags are %#x and %#x", parent.Flags, decode.Flags)
	}
	if decode.Status.Code != tracev1.Status_STATUS_CODE_ERROR || decode.Status.Message != "no JSON" {
		t.Errorf("status is %v", decode.Status)
	}
	if parent.EndTimeUnixNano < parent.StartTimeUnixNano || parent.StartTimeUnixNano == 0 {
		t.Errorf("it took from %d to %d", parent.StartTimeUnixNano, parent.EndTimeUnixNano)
	}
	for _, a := range parent.Attributes {
		if a.Value.GetStringValue() != "a" && a.Value.GetIntValue() != 3 && !a.Value.GetBoolValue() {
			t.Errorf("attribute %v", a)
		}
	}
	if len(parent.Attributes) != 3 {
		t.Errorf("attributes are %v", parent.Attributes)
	}
	if got := r.requests[0]; got.URL.Path != "/v1/traces" || got.Header.Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("sent to %s as %s", got.URL.Path, got.Header.Get("Content-Type"))
	}
	if resource := r.received[0].Resource.String(); !strings.Contains(resource, "inshore-webhook") {
		t.Errorf("the resource is %s", resource)
	}
}

func hex(b []byte) string {
	const digits = "0123456789abcdef"
	var text strings.Builder
	for _, c := range b {
		text.WriteByte(digits[c>>4])
		text.WriteByte(digits[c&15])
	}
	return text.String()
}

func TestWhichTracesAreSent(t *testing.T) {
	cases := map[string]struct {
		ratio   float64
		headers http.Header
		sent    bool
	}{
		"a parent that is sent":                       {0, traced("01"), true},
		"a parent that is not, whatever the ratio":    {1, traced("00"), false},
		"no parent and a ratio of 1":                  {1, nil, true},
		"no parent and a ratio of 0":                  {0, nil, false},
		"a parent that cannot be read counts as none": {1, http.Header{"Traceparent": {"nonsense"}}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			tracer, flush := start(t, tracing.Config{Endpoint: r.URL, SamplingRatio: c.ratio})
			_, span := tracer.Receive(t.Context(), c.headers, "admission")
			if span.On() != c.sent {
				t.Errorf("the span is on: %t, want %t", span.On(), c.sent)
			}
			span.End()
			flush()
			if sent := r.named()["admission"] != nil; sent != c.sent {
				t.Errorf("sent: %t, want %t", sent, c.sent)
			}
		})
	}
}

func TestTheStandardVariables(t *testing.T) {
	r := newReceiver(t)
	tracer, flush := start(t, tracing.Config{SamplingRatio: 1, Getenv: variables(map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": r.URL + "/otlp", "OTEL_EXPORTER_OTLP_HEADERS": "x-token=a%20b, x-other=c",
		"OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_EXPORTER_OTLP_TIMEOUT": "5000",
	})})
	_, span := tracer.Begin(t.Context(), "audit pass")
	span.End()
	flush()
	if r.named()["audit pass"] == nil {
		t.Fatal("no span was received")
	}
	request := r.requests[0]
	if request.URL.Path != "/otlp/v1/traces" || request.Header.Get("X-Token") != "a b" || request.Header.Get("X-Other") != "c" {
		t.Errorf("sent to %s with %v", request.URL.Path, request.Header)
	}
}

func TestTracingIsOff(t *testing.T) {
	for name, pairs := range map[string]map[string]string{
		"unless somebody names a receiver": {},
		"where OpenTelemetry is disabled":  {"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"},
		"where traces have no exporter":    {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"},
	} {
		t.Run(name, func(t *testing.T) {
			tracer, err := tracing.New(tracing.Config{Getenv: variables(pairs), Log: logr.Discard()})
			if tracer != nil || err != nil {
				t.Errorf("got %v and %v", tracer, err)
			}
		})
	}
}

func TestOffAllocatesNothing(t *testing.T) {
	var tracer *tracing.Tracer
	ctx, headers, failure := t.Context(), traced("01"), errors.New("failure")
	allocations := testing.AllocsPerRun(100, func() {
		ctx, span := tracer.Receive(ctx, headers, "admission")
		_, child := tracer.Begin(ctx, "decode")
		child.Count("bytes", 11_700)
		child.Fail(failure)
		child.End()
		span.Text("name", "mcrouter")
		span.Flag("dryRun", true)
		span.End()
	})
	if allocations != 0 {
		t.Errorf("%v allocations, want none", allocations)
	}
	ended, end := context.WithCancel(ctx)
	end()
	if err := tracer.Start(ended); err != nil || tracer.NeedLeaderElection() {
		t.Errorf("starting what is off: %v", err)
	}
}

func TestMistakesAreNamed(t *testing.T) {
	const endpoint = "http://c:4318"
	cases := map[string]struct {
		config tracing.Config
		pairs  map[string]string
		says   string
	}{
		"an address without a scheme":     {tracing.Config{Endpoint: "collector:4318"}, nil, "--tracing-endpoint"},
		"a variable that is no URL":       {tracing.Config{}, map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "c"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"},
		"a ratio that is a percentage":    {tracing.Config{SamplingRatio: 10}, nil, "from 0 to 1"},
		"gRPC":                            {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf"},
		"an unknown compression":          {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_COMPRESSION": "zstd"}, "gzip or none"},
		"a timeout with a unit":           {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_TIMEOUT": "10s"}, "milliseconds"},
		"headers without a value":         {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "token"}, "key=value"},
		"certificates that are not there": {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_CERTIFICATE": "/nowhere"}, "/nowhere"},
		"a key that is not there":         {tracing.Config{Endpoint: endpoint}, map[string]string{"OTEL_EXPORTER_OTLP_CLIENT_KEY": "/nowhere"}, "_CLIENT_KEY"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.config.Getenv, c.config.Log = variables(c.pairs), logr.Discard()
			if _, err := tracing.New(c.config); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

func TestAReceiverThatIsBusyIsAskedAgain(t *testing.T) {
	r := newReceiver(t, http.StatusServiceUnavailable)
	tracer, flush := start(t, tracing.Config{Endpoint: r.URL, SamplingRatio: 1})
	_, span := tracer.Begin(t.Context(), "audit pass")
	span.End()
	flush()
	if r.named()["audit pass"] == nil || len(r.requests) != 2 {
		t.Errorf("received %v in %d requests, want the span in two", r.named(), len(r.requests))
	}
}

func TestAReceiverThatRefusesIsLoggedOnceAndNotAskedAgain(t *testing.T) {
	r := newReceiver(t, http.StatusUnauthorized)
	var logged []string
	log := funcr.New(func(_, args string) { logged = append(logged, args) }, funcr.Options{})
	tracer, flush := start(t, tracing.Config{Endpoint: r.URL, SamplingRatio: 1, Log: log})
	_, span := tracer.Begin(t.Context(), "audit pass")
	span.End()
	flush()
	if len(r.requests) != 1 {
		t.Errorf("%d requests, want one", len(r.requests))
	}
	if text := strings.Join(logged, "\n"); strings.Count(text, "401") != 1 {
		t.Errorf("logged %s", text)
	}
}
