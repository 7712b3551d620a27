package webhook

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/webhook/server"
)

// newHealthServer answers probes on address, and shows them as metrics. The manager stops it last, so that
// readiness is denied rather than unknown while we drain.
func newHealthServer(address string, health *server.Health) (manager.Runnable, error) {
	metrics.Registry.MustRegister(server.NewReadiness(health))
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
