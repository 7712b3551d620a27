package introspect

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Client asks a running agent.
type Client struct {
	// Address is where it listens, host:port.
	Address string
}

// timeout bounds one question. The agent is on the same machine.
const timeout = 5 * time.Second

// Status asks for the status.
func (c Client) Status(ctx context.Context) (Status, error) {
	var status Status
	return status, c.get(ctx, PathStatus, &status)
}

// Routes asks for the routes, sorted by Service.
func (c Client) Routes(ctx context.Context) ([]Route, error) {
	var all []Route
	return all, c.get(ctx, PathRoutes, &all)
}

func (c Client) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	url := "http://" + c.Address + path
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking the agent: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the agent: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		return fmt.Errorf("asking the agent: %s answers %s: %s", url, response.Status, strings.TrimSpace(string(text)))
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("asking the agent: reading the answer of %s: %w", url, err)
	}
	return nil
}
