package monitoring

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes spans over HTTP, as the webhook sends them, and over gRPC, as API
// servers do: a unary call is a POST whose body is a message behind five bytes.
type collector struct {
	mu    sync.Mutex
	spans []span
}

// span is one, with the service that sent it.
type span struct {
	service string
	*tracev1.Span
}

// serve serves until the test ends.
func (c *collector) serve(t *testing.T, listener net.Listener) {
	t.Helper()
	server := &http.Server{Handler: c, Protocols: &http.Protocols{}}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	t.Cleanup(func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }()
}

// frame is what a gRPC message is behind: not compressed, and its length.
const frame = 5

// ServeHTTP implements [http.Handler].
func (c *collector) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	grpc := strings.HasPrefix(req.Header.Get("Content-Type"), "application/grpc")
	if grpc && len(body) >= frame {
		body = body[frame:]
	}
	var data tracev1.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.keep(&data)
	if grpc {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		_, _ = w.Write(bytes.Repeat([]byte{0}, frame)) // An empty message.
		w.Header().Set("Grpc-Status", "0")
	}
}

func (c *collector) keep(data *tracev1.TracesData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range data.ResourceSpans {
		service := ""
		for _, attribute := range resource.GetResource().GetAttributes() {
			if attribute.Key == "service.name" {
				service = attribute.Value.GetStringValue()
			}
		}
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				c.spans = append(c.spans, span{service, s})
			}
		}
	}
}

// all returns the spans that are wanted.
func (c *collector) all(wanted func(span) bool) []span {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []span
	for _, s := range c.spans {
		if wanted(s) {
			found = append(found, s)
		}
	}
	return found
}

// find returns the first span that is wanted.
func (c *collector) find(wanted func(span) bool) (span, bool) {
	if found := c.all(wanted); len(found) > 0 {
		return found[0], true
	}
	return span{}, false
}

// parent returns the span that another is a child of.
func (c *collector) parent(of span) (span, bool) {
	return c.find(func(s span) bool {
		return bytes.Equal(s.SpanId, of.ParentSpanId) && bytes.Equal(s.TraceId, of.TraceId)
	})
}

// child returns a child by name.
func (c *collector) child(of span, name string) (span, bool) {
	return c.find(func(s span) bool {
		return s.Name == name && bytes.Equal(s.ParentSpanId, of.SpanId) && bytes.Equal(s.TraceId, of.TraceId)
	})
}

// attributes are a span's, as text.
func (s span) attributes() map[string]string {
	found := map[string]string{}
	for _, attribute := range s.Attributes {
		switch value := attribute.Value.GetValue(); {
		case attribute.Value.GetStringValue() != "":
			found[attribute.Key] = attribute.Value.GetStringValue()
		default:
			found[attribute.Key] = strings.TrimSpace(fmt.Sprint(value))
		}
	}
	return found
}
