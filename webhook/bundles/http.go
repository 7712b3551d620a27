package bundles

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/reload"
)

// DefaultTimeout bounds one download: bundles are small.
const DefaultTimeout = 20 * time.Second

// HTTPConfig says where a signed bundle is and how it is asked for.
type HTTPConfig struct {
	// URL is http or https; the signature is what is trusted, not the server.
	URL string
	// Key is required: whoever can change these rules can open the cluster's
	// door, and the network is not asked who they are.
	Key *bundle.VerificationKey
	// TokenFile has a bearer token. It is read for every request, so it may be
	// rotated. Empty for none.
	TokenFile string
	// CAFile has the certificates (PEM) that the server's is checked with; empty
	// for the system's.
	CAFile string
	// Timeout bounds one download, redirects included; 0 means [DefaultTimeout].
	Timeout time.Duration
}

// HTTP is a source: a bundle on a server. It remembers the entity tag, so
// asking again costs a round trip (RFC 9110, section 13.1.2).
type HTTP struct {
	config HTTPConfig
	name   string
	client *http.Client
	etag   string
}

// NewHTTP checks the configuration and asks nobody yet.
func NewHTTP(config HTTPConfig) (*HTTP, error) {
	address, err := url.Parse(config.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return nil, fmt.Errorf("%q is no URL that begins with http:// or https://", config.URL)
	}
	if address.User != nil {
		return nil, errors.New("the URL has a password in it: put a token into a file instead")
	}
	if config.TokenFile != "" && address.Scheme != "https" {
		return nil, errors.New("a token is sent over https only")
	}
	if config.Key == nil {
		return nil, errors.New("a bundle from a server must be signed: a key is missing")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// A bundle is a gzipped file. Servers that call that its encoding must not
	// have it unpacked on the way.
	transport.DisableCompression = true
	if config.CAFile != "" {
		certificates, err := os.ReadFile(config.CAFile)
		if err != nil {
			return nil, fmt.Errorf("reading the certificates: %w", err)
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("reading the certificates: %s has none", config.CAFile)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	address.RawQuery, address.Fragment = "", "" // may have what a log must not
	return &HTTP{
		config: config,
		name:   address.String(),
		client: &http.Client{Transport: transport, Timeout: cmp.Or(config.Timeout, DefaultTimeout), CheckRedirect: stay},
	}, nil
}

// stay follows redirects on the same server only: another one was not chosen by
// whoever configured this, and would be sent the request's path and cookies.
func stay(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return fmt.Errorf("it redirects to another server, %s://%s", next.URL.Scheme, next.URL.Host)
	}
	if len(via) > 5 {
		return errors.New("it redirects more than five times")
	}
	return nil
}

// Name is the source's: its URL without the query.
func (h *HTTP) Name() string { return h.name }

// Fetch asks the server. It must not be called twice at a time.
func (h *HTTP) Fetch(ctx context.Context) reload.Change {
	content, err := h.fetch(ctx)
	return reload.Change{Source: h.name, Bundle: content, Err: err}
}

// fetch returns nil without an error if the bundle is what it was.
func (h *HTTP) fetch(ctx context.Context) (*bundle.Bundle, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, h.config.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for the bundle: %w", err)
	}
	if h.etag != "" {
		request.Header.Set("If-None-Match", h.etag)
	}
	if h.config.TokenFile != "" {
		token, err := os.ReadFile(h.config.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("reading the token: %w", err)
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := h.client.Do(request)
	if err != nil {
		// The URL that the error names has the query.
		if urlError := (*url.Error)(nil); errors.As(err, &urlError) {
			err = urlError.Err
		}
		return nil, fmt.Errorf("asking for the bundle: %w", err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && h.etag != "":
		return nil, nil
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("asking for the bundle: the server answers %s", response.Status)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, bundle.MaxPacked+1))
	if err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	content, err := bundle.Read(data, h.config.Key)
	// Asking again for what cannot be read is of no use before it changes; but
	// then a 304 would say that all is well, so the tag is forgotten.
	h.etag = ""
	if err == nil {
		h.etag = response.Header.Get("ETag")
	}
	return content, err
}
