package tracing

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
)

// Config is what [New] needs.
type Config struct {
	// Endpoint is the URL of an OTLP/HTTP receiver, such as
	// http://collector.tracing:4318; without a path, /v1/traces is meant. If it is
	// empty, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT and OTEL_EXPORTER_OTLP_ENDPOINT
	// count; if those are empty too, tracing is off.
	Endpoint string
	// SamplingRatio is the share, from 0 to 1, of the traces without a parent
	// that are sent. One with a parent is sent if the parent is.
	SamplingRatio float64
	// Service and Version name us in traces.
	Service, Version string
	// Getenv is os.Getenv but in tests. The SDK reads its own variables
	// (OTEL_BSP_…, OTEL_RESOURCE_ATTRIBUTES, …) from the process.
	Getenv func(string) string
	Log    logr.Logger
}

// tracesPath is where OTLP/HTTP wants spans, below an endpoint for all signals.
const tracesPath = "/v1/traces"

// variable is an OTLP variable: the one about traces wins.
func (c Config) variable(name string) string {
	if value := c.Getenv("OTEL_EXPORTER_OTLP_TRACES_" + name); value != "" {
		return value
	}
	return c.Getenv("OTEL_EXPORTER_OTLP_" + name)
}

// endpoint is where spans go; nil if tracing is off.
func (c Config) endpoint() (*url.URL, error) {
	if strings.EqualFold(c.Getenv("OTEL_SDK_DISABLED"), "true") || c.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return nil, nil
	}
	for _, source := range []struct {
		name, value string
		complete    bool // the path is as it should be, even if it is empty
	}{
		{"--tracing-endpoint", c.Endpoint, false},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", c.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), true},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", c.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT"), false},
	} {
		if source.value == "" {
			continue
		}
		parsed, err := url.Parse(source.value)
		if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
			return nil, fmt.Errorf("%s is %q: use a URL, such as http://collector.tracing:4318", source.name, source.value)
		}
		switch {
		case source.complete:
		case source.value == c.Endpoint && strings.Trim(parsed.Path, "/") != "":
			// Whoever writes a path after the flag means it.
		default:
			parsed = parsed.JoinPath(tracesPath)
		}
		return parsed, nil
	}
	return nil, nil
}

// headers are what a receiver wants with each request, such as a token.
func (c Config) headers() (http.Header, error) {
	headers := http.Header{}
	for pair := range strings.SplitSeq(c.variable("HEADERS"), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, value, found := strings.Cut(pair, "=")
		decoded, err := url.PathUnescape(strings.TrimSpace(value))
		if !found || err != nil || strings.TrimSpace(key) == "" {
			// The value may be a secret.
			return nil, errors.New("OTEL_EXPORTER_OTLP_HEADERS: write key=value,key=value, with values encoded as in URLs")
		}
		headers.Set(strings.TrimSpace(key), decoded)
	}
	return headers, nil
}

// defaultTimeout is OTLP's for one request.
const defaultTimeout = 10 * time.Second

// timeout bounds one request.
func (c Config) timeout() (time.Duration, error) {
	text := c.variable("TIMEOUT")
	if text == "" {
		return defaultTimeout, nil
	}
	milliseconds, err := strconv.ParseUint(text, 10, 31)
	if err != nil || milliseconds == 0 {
		return 0, fmt.Errorf("OTEL_EXPORTER_OTLP_TIMEOUT is %q: use a number of milliseconds", text)
	}
	return time.Duration(milliseconds) * time.Millisecond, nil
}

// compressed reports whether bodies are compressed.
func (c Config) compressed() (bool, error) {
	switch text := c.variable("COMPRESSION"); text {
	case "", "none":
		return false, nil
	case "gzip":
		return true, nil
	default:
		return false, fmt.Errorf("OTEL_EXPORTER_OTLP_COMPRESSION is %q: use gzip or none", text)
	}
}

// checkProtocol refuses what we do not speak: sent to a gRPC port, spans would
// vanish with an error that nobody understands.
func (c Config) checkProtocol() error {
	switch text := c.variable("PROTOCOL"); text {
	case "", "http/protobuf":
		return nil
	default:
		return fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %q: use http/protobuf (collectors take it on port 4318)", text)
	}
}

// tls is what an https receiver is checked with. Our image has no certificates
// of its own, so a receiver in the cluster needs OTEL_EXPORTER_OTLP_CERTIFICATE.
func (c Config) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := c.variable("CERTIFICATE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading OTEL_EXPORTER_OTLP_CERTIFICATE: %w", err)
		}
		if config.RootCAs = x509.NewCertPool(); !config.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("reading OTEL_EXPORTER_OTLP_CERTIFICATE: %s holds no certificate in PEM", file)
		}
	}
	certificate, key := c.variable("CLIENT_CERTIFICATE"), c.variable("CLIENT_KEY")
	if certificate == "" && key == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE and _CLIENT_KEY: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}
