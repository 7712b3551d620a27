package tracing

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-logr/logr"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/protobuf/proto"
)

// exporter sends spans by OTLP/HTTP in protobuf, the protocol's default. It is
// called by one goroutine, with a context that the SDK bounds
// (OTEL_BSP_EXPORT_TIMEOUT, 30 s).
type exporter struct {
	url        *url.URL
	headers    http.Header
	client     *http.Client
	compressed bool
	// pause waits between tries; a test does not.
	pause   func(ctx context.Context, d time.Duration) error
	failing bool
	log     logr.Logger
}

// newExporter returns an exporter to endpoint.
func newExporter(c Config, endpoint *url.URL) (*exporter, error) {
	if err := c.checkProtocol(); err != nil {
		return nil, err
	}
	headers, err := c.headers()
	if err != nil {
		return nil, err
	}
	timeout, err := c.timeout()
	if err != nil {
		return nil, err
	}
	compressed, err := c.compressed()
	if err != nil {
		return nil, err
	}
	security, err := c.tls()
	if err != nil {
		return nil, err
	}
	headers.Set("Content-Type", "application/x-protobuf")
	headers.Set("User-Agent", c.Service+"/"+c.Version)
	if compressed {
		headers.Set("Content-Encoding", "gzip")
	}
	return &exporter{
		url: endpoint, headers: headers, compressed: compressed, pause: pause, log: c.Log,
		client: &http.Client{Timeout: timeout, Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, TLSClientConfig: security, ForceAttemptHTTP2: true,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
		}},
	}, nil
}

// ExportSpans implements the SDK's SpanExporter. What cannot be sent is dropped,
// and said once: the next batch must not wait.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := e.export(ctx, spans)
	switch {
	case err != nil && !e.failing:
		e.log.Error(err, "Spans are dropped until the receiver answers", "endpoint", e.url.Redacted())
	case err == nil && e.failing:
		e.log.Info("Spans are sent again", "endpoint", e.url.Redacted())
	}
	e.failing = err != nil
	return nil // It was said.
}

// Shutdown implements the SDK's SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.client.CloseIdleConnections()
	return nil
}

// tries is how often a batch is sent at most, with pauses of 1 and 2 s.
const tries = 3

func (e *exporter) export(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := proto.Marshal(encode(spans))
	if err != nil {
		return fmt.Errorf("encoding spans: %w", err)
	}
	if e.compressed {
		body = compress(body)
	}
	wait := time.Second
	for try := 1; ; try++ {
		again, after, err := e.post(ctx, body)
		if err == nil || !again || try == tries {
			return err
		}
		if e.pause(ctx, max(wait, after)) != nil {
			return err
		}
		wait *= 2
	}
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 4 << 10

// post sends a body once. Which codes are worth another try, and when, is OTLP's
// word (opentelemetry.io/docs/specs/otlp, "Failures").
func (e *exporter) post(ctx context.Context, body []byte) (again bool, after time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url.String(), bytes.NewReader(body))
	if err != nil {
		return false, 0, fmt.Errorf("preparing to send spans: %w", err)
	}
	request.Header = e.headers
	response, err := e.client.Do(request)
	if err != nil {
		return true, 0, fmt.Errorf("sending spans: %w", err)
	}
	defer response.Body.Close()
	// An answer may say that some spans were rejected. Its type is in the package
	// that links gRPC, and there is nothing that we would do.
	answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if response.StatusCode/100 == 2 {
		return false, 0, nil
	}
	switch response.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		again = true
		if seconds, err := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 16); err == nil {
			after = time.Duration(seconds) * time.Second
		}
	}
	return again, after, fmt.Errorf("sending spans: %s answered %s: %.200q", e.url.Host, response.Status, answer)
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	// A buffer takes everything.
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

// pause waits for d, or is ctx's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
