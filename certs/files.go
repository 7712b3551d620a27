package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// The names in the directory, as in a Secret of type kubernetes.io/tls.
const (
	CertFile = "tls.crt"
	KeyFile  = "tls.key"
)

// Files serves the certificate that somebody else keeps in a directory:
// cert-manager by way of a mounted Secret, or a person. A change is served
// within seconds and without a restart. It is a manager.Runnable.
//
// A kubelet changes a mounted Secret by swapping one symbolic link, so both
// files change at once but not between two reads of ours. A pair that does not
// match is left aside and the old one served until the next look.
type Files struct {
	watcher *certwatcher.CertWatcher
}

// NewFiles reads the pair in directory. The error says what is missing.
func NewFiles(directory string) (*Files, error) {
	watcher, err := certwatcher.New(filepath.Join(directory, CertFile), filepath.Join(directory, KeyFile))
	if err != nil {
		return nil, fmt.Errorf("reading %s and %s in --cert-dir %s: %w", CertFile, KeyFile, directory, err)
	}
	return &Files{watcher: watcher}, nil
}

// GetCertificate is for tls.Config.
func (f *Files) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.watcher.GetCertificate(hello)
}

// Chain is the chain now served, leaf first.
func (f *Files) Chain() ([]*x509.Certificate, error) {
	certificate, err := f.watcher.GetCertificate(nil)
	if err != nil {
		return nil, err
	}
	return parseChain(certificate)
}

// NeedLeaderElection is false: every replica serves.
func (*Files) NeedLeaderElection() bool { return false }

// Start follows the files until ctx is done.
func (f *Files) Start(ctx context.Context) error { return f.watcher.Start(ctx) }

// parseChain is the certificates of a TLS certificate, leaf first.
func parseChain(certificate *tls.Certificate) ([]*x509.Certificate, error) {
	chain := make([]*x509.Certificate, 0, len(certificate.Certificate))
	for _, der := range certificate.Certificate {
		parsed, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading the serving certificate: %w", err)
		}
		chain = append(chain, parsed)
	}
	return chain, nil
}
