package server

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
)

// Who may call is decided in package certs; here it counts that the decision is
// asked for, with the certificate, and that a refusal is told of.
func TestCallersAreJudgedByTheCertificateThatTheyShow(t *testing.T) {
	certificate, pool := selfSigned(t)
	said := make(chan string, 10)
	l, err := Listen(ListenerConfig{
		Address: "127.0.0.1:0", Log: funcr.New(func(_, args string) { said <- args }, funcr.Options{}),
		Handler:        http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil },
		VerifyCaller: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 {
				return errors.New("who are you")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	go func() { ended <- l.Start(ctx) }()
	<-said // that it serves
	call := func(shown ...tls.Certificate) error {
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: shown}}}
		defer client.CloseIdleConnections()
		return post(client, "https://"+l.Addr().String(), nil)
	}
	if err := call(*certificate); err != nil {
		t.Errorf("with a certificate: %v", err)
	}
	if err := call(); err == nil {
		t.Error("without a certificate it was answered")
	}
	if log := <-said; !strings.Contains(log, "who are you") {
		t.Errorf("the refusal is logged as %s", log)
	}
}

func TestWithoutAJudgeNoCertificateIsAskedFor(t *testing.T) {
	if got := tlsConfig(ListenerConfig{Log: logr.Discard()}); got.ClientAuth != tls.NoClientCert || got.MinVersion != tls.VersionTLS13 {
		t.Errorf("client authentication is %v, TLS from %x on", got.ClientAuth, got.MinVersion)
	}
}
