package admission

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// client sends writes over a connection of its own.
type client struct {
	http *http.Client
	base string
}

// newClient dials the API server within its own network, with no forwarder in between.
func newClient(c *cluster.Cluster) (*client, error) {
	config := c.RESTConfig()
	config.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return c.ControlPlane().Dial(ctx, network, c.APIEndpoint()[len("https://"):])
	}
	// Its own function is what keeps it from sharing another's connection.
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &client{http: transport, base: config.Host}, nil
}

// send sends a request and returns how long the answer took, and what it was.
func (c *client) send(ctx context.Context, method, path string, body []byte) (time.Duration, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	begin := time.Now()
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	took := time.Since(begin)
	if err != nil {
		return 0, nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		return 0, nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	}
	return took, answer, nil
}
