package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
)

// callersInterval is how often the authorities' file is read again. A kubelet
// takes longer to bring a changed ConfigMap.
const callersInterval = 10 * time.Second

// CallersConfig is what [Callers] are made of. All but Names are required.
type CallersConfig struct {
	// CAFile has the certificates of the authorities, PEM, one or several: the
	// old and the new one while they change.
	CAFile string
	// Names are the common names that may call; empty for every certificate of
	// the authorities.
	Names []string
	Clock clock.WithTicker
	Log   logr.Logger
}

// Callers tells those who may call us from everybody else who reaches our port:
// they hold a certificate for client authentication (RFC 5280, 4.2.1.12) that one
// of the authorities has issued, to one of the names. An API server gets one by the
// kubeConfigFile of its AdmissionConfiguration. It is a manager.Runnable.
type Callers struct {
	config CallersConfig
	// trusted is replaced as a whole.
	trusted atomic.Pointer[authorities]
}

// authorities is the file as it was read.
type authorities struct {
	text []byte
	pool *x509.CertPool
}

// NewCallers reads the file. The error says what is wrong with it.
func NewCallers(config CallersConfig) (*Callers, error) {
	c := &Callers{config: config}
	if _, err := c.read(); err != nil {
		return nil, err
	}
	return c, nil
}

// Verify is for [tls.Config.VerifyConnection], beside [tls.RequestClientCert]. It
// judges resumed sessions too, by the authorities of now.
func (c *Callers) Verify(state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return fmt.Errorf("the caller shows no certificate, and --client-ca-file is set: "+
			"give the API server one by the kubeConfigFile of its AdmissionConfiguration, for the user %s", state.ServerName)
	}
	leaf := state.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		between.AddCert(certificate)
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: c.trusted.Load().pool, Intermediates: between, CurrentTime: c.config.Clock.Now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return fmt.Errorf("the caller's certificate for %q, issued by %q, is not one that --client-ca-file %s vouches for: %w",
			leaf.Subject.CommonName, leaf.Issuer.CommonName, c.config.CAFile, err)
	}
	if names := c.config.Names; len(names) > 0 && !slices.Contains(names, leaf.Subject.CommonName) {
		return fmt.Errorf("the caller's certificate is for %q, --client-name allows %q", leaf.Subject.CommonName, names)
	}
	return nil
}

// NeedLeaderElection is false: every replica is called.
func (*Callers) NeedLeaderElection() bool { return false }

// Start follows the file until ctx is done. A file that cannot be used changes
// nothing, and is told of once.
func (c *Callers) Start(ctx context.Context) error {
	ticker := c.config.Clock.NewTicker(callersInterval)
	defer ticker.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C():
		}
		changed, err := c.read()
		switch {
		case err == nil:
			said = ""
		case err.Error() != said:
			said = err.Error()
			c.config.Log.Error(err, "The authorities of callers stay as they were")
		}
		if changed {
			c.config.Log.Info("The authorities of callers have changed", "file", c.config.CAFile)
		}
	}
}

// read takes the file over if it differs from what was read before.
func (c *Callers) read() (changed bool, err error) {
	text, err := os.ReadFile(c.config.CAFile)
	if err != nil {
		return false, fmt.Errorf("reading --client-ca-file: %w", err)
	}
	if before := c.trusted.Load(); before != nil && bytes.Equal(before.text, text) {
		return false, nil
	}
	pool, err := poolOf(text)
	if err != nil {
		return false, fmt.Errorf("reading --client-ca-file %s: %w", c.config.CAFile, err)
	}
	c.trusted.Store(&authorities{text: text, pool: pool})
	return true, nil
}

// poolOf is stricter than AppendCertsFromPEM, which leaves out what it cannot
// read: whoever adds an authority should hear that it was not.
func poolOf(text []byte) (*x509.CertPool, error) {
	pool, found := x509.NewCertPool(), 0
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("it has a %s: it should hold the certificates of authorities and nothing else", block.Type)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", found+1, err)
		}
		if !certificate.IsCA {
			return nil, fmt.Errorf("certificate %d is for %q, which is no authority", found+1, certificate.Subject.CommonName)
		}
		pool.AddCert(certificate)
		found++
	}
	if found == 0 {
		return nil, errors.New("it has no certificate (PEM)")
	}
	return pool, nil
}
