package webhook

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/inshore-dev/inshore/webhook/server"
)

// newHealthServer answers probes on address. The manager stops it last, so that
// readiness is denied rather than unknown while we drain.
func newHealthServer(address string, health *server.Health) (manager.Runnable, error) {
	if address == "" {
		return idle, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening for probes (--health-listen): %w", err)
	}
	return &manager.Server{
		Name:     "health",
		Listener: listener,
		Server:   &http.Server{Handler: health, ReadHeaderTimeout: 5 * time.Second},
	}, nil
}
