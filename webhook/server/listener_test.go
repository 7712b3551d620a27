package server

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// selfSigned is a certificate for 127.0.0.1 and what trusts it.
func selfSigned(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(certificate)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// replica is a listener that runs until stop.
type replica struct {
	*Listener
	url  string
	stop context.CancelFunc
	done chan error
}

func startReplica(t *testing.T, certificate *tls.Certificate, handler http.Handler) *replica {
	t.Helper()
	listener, err := Listen(ListenerConfig{
		Address: "127.0.0.1:0", Handler: handler, Log: logr.Discard(),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	r := &replica{Listener: listener, url: "https://" + listener.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() { r.done <- listener.Start(ctx) }()
	return r
}

// newClient is an API server's: it keeps connections, over one protocol.
func newClient(pool *x509.CertPool, http2 bool) *http.Client {
	protocols := &http.Protocols{}
	protocols.SetHTTP1(!http2)
	protocols.SetHTTP2(http2)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool}, Protocols: protocols, MaxIdleConnsPerHost: 25,
	}}
}

func post(client *http.Client, url string, body []byte) error {
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("got %d: %s", response.StatusCode, answer)
	}
	return nil
}

func TestNoCallFailsWhileOneReplicaAfterTheOtherIsReplaced(t *testing.T) {
	for name, http2 := range map[string]bool{"HTTP/1.1, as API servers call Services": false, "HTTP/2, as they call urls": true} {
		t.Run(name, func(t *testing.T) {
			certificate, pool := selfSigned(t)
			handler := newFixture(t, logr.Discard()).handler
			body := testdata(t, "daemonset-create.json")
			client := newClient(pool, http2)
			var current atomic.Pointer[replica]
			current.Store(startReplica(t, certificate, handler))

			ctx, cancel := context.WithCancel(t.Context())
			var calls [4]atomic.Int64
			var callers sync.WaitGroup
			for i := range calls {
				callers.Go(func() {
					for ctx.Err() == nil {
						if err := post(client, current.Load().url+registration.PathMutateDaemonSets, body); err != nil {
							t.Errorf("call %d of caller %d: %v", calls[i].Load(), i, err)
							return
						}
						calls[i].Add(1)
					}
				})
			}
			// more waits until every caller has made n more calls.
			more := func(n int64) {
				for i := range calls {
					for enough := calls[i].Load() + n; calls[i].Load() < enough && !t.Failed(); {
						time.Sleep(time.Millisecond)
					}
				}
			}
			more(5)
			for range 3 {
				old := current.Load()
				// Not ready any more: asked to leave, called for a while yet.
				old.Drain()
				more(3)
				// The Service forgets it and knows the new one.
				current.Store(startReplica(t, certificate, handler))
				more(3)
				old.stop()
				if err := <-old.done; err != nil {
					t.Error(err)
				}
				more(3)
			}
			cancel()
			callers.Wait()
		})
	}
}

func TestCallUnderWayIsFinishedWithItsContextIntact(t *testing.T) {
	certificate, pool := selfSigned(t)
	arrived, proceed := make(chan struct{}), make(chan struct{})
	r := startReplica(t, certificate, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		close(arrived)
		<-proceed
		if err := req.Context().Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	answered := make(chan error)
	go func() { answered <- post(newClient(pool, false), r.url, nil) }()
	<-arrived
	r.stop()
	select {
	case err := <-r.done:
		t.Fatalf("it ended (%v) before its call", err)
	case <-refused(r.Addr().String()):
		// The listener is closed: whoever calls now goes elsewhere.
	}
	close(proceed)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if err := <-r.done; err != nil {
		t.Error(err)
	}
}

// refused is closed once address takes no more connections.
func refused(address string) <-chan struct{} {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for {
			connection, err := net.Dial("tcp", address)
			if err != nil {
				return
			}
			connection.Close()
			time.Sleep(time.Millisecond)
		}
	}()
	return closed
}

func TestDrainingAsksClientsToLeave(t *testing.T) {
	certificate, pool := selfSigned(t)
	var addresses sync.Map
	r := startReplica(t, certificate, http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		addresses.Store(req.RemoteAddr, true)
	}))
	for name, http2 := range map[string]bool{"HTTP/1.1": false, "HTTP/2": true} {
		t.Run(name, func(t *testing.T) {
			r.draining.Store(false)
			addresses.Clear()
			client := newClient(pool, http2)
			count := func() (n int) {
				addresses.Range(func(any, any) bool { n++; return true })
				return n
			}
			for range 3 {
				if err := post(client, r.url, nil); err != nil {
					t.Fatal(err)
				}
			}
			if got := count(); got != 1 {
				t.Fatalf("three calls came over %d connections, want 1", got)
			}
			r.Drain()
			// A GOAWAY may arrive after the answer it goes with: the next call
			// can still come over the old connection, but not for ever.
			for count() < 3 {
				if err := post(client, r.url, nil); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestOlderTLSIsRefused(t *testing.T) {
	certificate, pool := selfSigned(t)
	r := startReplica(t, certificate, http.NotFoundHandler())
	_, err := tls.Dial("tcp", r.Addr().String(), &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS12})
	if err == nil {
		t.Error("TLS 1.2 was accepted")
	}
}

func TestTakenAddressIsAnErrorAtOnce(t *testing.T) {
	certificate, _ := selfSigned(t)
	r := startReplica(t, certificate, http.NotFoundHandler())
	if _, err := Listen(ListenerConfig{Address: r.Addr().String(), Log: logr.Discard()}); err == nil {
		t.Error("two listeners on one address")
	}
}
