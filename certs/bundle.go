package certs

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
)

// bundle is the certificates of one caBundle.
type bundle []*x509.Certificate

// parseBundle reads a caBundle. What is no certificate is skipped, as API
// servers do.
func parseBundle(text []byte) bundle {
	var b bundle
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return b
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			b = append(b, certificate)
		}
	}
}

// encode is the caBundle.
func (b bundle) encode() []byte {
	var text bytes.Buffer
	for _, certificate := range b {
		text.Write(encodeCertificate(certificate))
	}
	return text.Bytes()
}

// has reports whether the certificate is in the bundle.
func (b bundle) has(certificate *x509.Certificate) bool {
	for _, c := range b {
		if c.Equal(certificate) {
			return true
		}
	}
	return false
}

// equal reports whether both hold the same certificates, in whatever order.
func (b bundle) equal(other bundle) bool {
	for _, c := range b {
		if !other.has(c) {
			return false
		}
	}
	for _, c := range other {
		if !b.has(c) {
			return false
		}
	}
	return true
}

func encodeCertificate(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
