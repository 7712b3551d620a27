package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
)

const (
	// idleTimeout is how long a connection may stay unused. API servers drop
	// theirs after 90 s (k8s.io/apimachinery/pkg/util/net). Ours must be longer:
	// with equal times the API server now and then writes a review to a
	// connection that we are just closing, and a POST is not sent again.
	idleTimeout = 3 * time.Minute
	// readTimeout bounds the arrival of a whole review; the API server gives
	// up after timeoutSeconds, which is at most 10 in our configurations.
	readTimeout = 15 * time.Second
	// finishTimeout bounds the calls under way when the listener closes.
	finishTimeout = 15 * time.Second
)

// ListenerConfig is what a [Listener] is made of. All fields but VerifyCaller are
// required.
type ListenerConfig struct {
	// Address is host:port; port 0 takes a free one.
	Address string
	Handler http.Handler
	// GetCertificate is asked at every handshake.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// VerifyCaller judges every connection by the certificate that the caller
	// showed, if it showed any; nil lets everybody call who reaches the address.
	VerifyCaller func(tls.ConnectionState) error
	Log          logr.Logger
}

// Listener serves admission over TLS 1.3. It is a manager.Runnable.
type Listener struct {
	listener net.Listener
	server   *http.Server
	draining atomic.Bool
	log      logr.Logger
}

// Listen binds the address at once, so that a taken port is an error at the
// start and not a log line later. Connections are answered from Start on.
func Listen(config ListenerConfig) (*Listener, error) {
	listener, err := net.Listen("tcp", config.Address)
	if err != nil {
		return nil, fmt.Errorf("listening for admission reviews (--listen): %w", err)
	}
	l := &Listener{log: config.Log}
	l.listener = tls.NewListener(listener, tlsConfig(config))
	l.server = &http.Server{
		Handler:           l.closeWhileDraining(config.Handler),
		ReadHeaderTimeout: readTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          handshakeLog(config.Log),
	}
	return l, nil
}

func tlsConfig(config ListenerConfig) *tls.Config {
	c := &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: config.GetCertificate,
	}
	if config.VerifyCaller != nil {
		// Asked for and not required, so that the one who judges can say what is
		// missing; what it says goes to our log, callers get a TLS alert.
		c.ClientAuth, c.VerifyConnection = tls.RequestClientCert, config.VerifyCaller
	}
	return c
}

// Addr is the address that is listened on.
func (l *Listener) Addr() net.Addr { return l.listener.Addr() }

// NeedLeaderElection is false: every replica answers.
func (*Listener) NeedLeaderElection() bool { return false }

// Drain asks every client that still calls to come back on a new connection,
// which will lead it to another replica: HTTP/1.1 answers say Connection: close,
// HTTP/2 connections get a GOAWAY. Calls are answered as before.
func (l *Listener) Drain() { l.draining.Store(true) }

// Start serves until ctx is done, then closes the listener and waits for the
// calls under way. They keep their own context: ending it with ctx would cut
// the rules short that are judging them.
func (l *Listener) Start(ctx context.Context) error {
	l.log.Info("Serving admission reviews", "address", l.Addr().String())
	served := make(chan error, 1)
	go func() { served <- l.server.Serve(l.listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serving admission reviews: %w", err)
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	if err := l.server.Shutdown(finish); err != nil {
		return fmt.Errorf("waiting %s for the reviews under way: %w", finishTimeout, err)
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving admission reviews: %w", err)
	}
	return nil
}

// closeWhileDraining is next, with the header that [Listener.Drain] promises.
// net/http turns it into a GOAWAY on HTTP/2.
func (l *Listener) closeWhileDraining(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if l.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, req)
	})
}
