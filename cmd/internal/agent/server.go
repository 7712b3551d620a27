package agent

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
)

// server answers HTTP on one address.
type server struct {
	listener net.Listener
	http     *http.Server
}

// listen takes the address that flag names.
func listen(flag, address string, handler http.Handler) (*server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening (%s %s): %w; if another agent runs on this node, stop it or name another address", flag, address, err)
	}
	return &server{listener: listener, http: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}}, nil
}

// run answers until ctx is done, and what is under way for a second more.
func (s *server) run(ctx context.Context, log logr.Logger) {
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if s.http.Shutdown(bounded) != nil {
			_ = s.http.Close()
		}
	})
	err := s.http.Serve(s.listener)
	if !stop() {
		<-stopped
		return
	}
	log.Error(err, "Stopped answering", "address", s.listener.Addr().String())
}
