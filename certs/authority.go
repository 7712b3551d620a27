package certs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// clockSkew is how far back certificates are dated, for API servers whose clock
// is behind ours.
const clockSkew = 5 * time.Minute

// authority is a certificate that API servers are to trust.
type authority struct {
	certificate *x509.Certificate
	// key is nil for an authority that was found in a live caBundle and is not
	// ours: nothing is signed by it.
	key *ecdsa.PrivateKey
	// published is since when every live caBundle carries it; zero while one
	// does not.
	published time.Time
	// drop is when an authority that is not ours leaves the caBundle.
	drop time.Time
}

// newAuthority makes one that is valid for lifetime from now.
func newAuthority(now time.Time, lifetime time.Duration) (*authority, error) {
	// X.509 counts in seconds.
	now = now.Truncate(time.Second)
	key, serial, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		// The serial number tells two authorities of ours apart by name, so
		// that verification tries the right one first.
		Subject:               pkix.Name{CommonName: "inshore-webhook-ca", SerialNumber: serial.Text(16)},
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              now.Add(lifetime),
		KeyUsage:              x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("making a certificate authority: %w", err)
	}
	return &authority{certificate: certificate, key: key}, nil
}

// sign makes a serving certificate for names (DNS names and IP addresses), valid
// for lifetime from now but not beyond the authority.
func (a *authority) sign(now time.Time, lifetime time.Duration, names []string) (*tls.Certificate, error) {
	now = now.Truncate(time.Second)
	key, serial, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("signing a serving certificate: %w", err)
	}
	notAfter := now.Add(lifetime)
	if end := a.certificate.NotAfter; notAfter.After(end) {
		notAfter = end
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		NotBefore:             now.Add(-clockSkew),
		NotAfter:              notAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a serving certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("signing a serving certificate: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// newKey is a P-256 key and a random serial number of 127 bits.
func newKey() (*ecdsa.PrivateKey, *big.Int, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("generating a P-256 key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, fmt.Errorf("choosing a serial number: %w", err)
	}
	return key, serial, nil
}

// made is when a certificate of ours was made: it is dated back.
func made(certificate *x509.Certificate) time.Time { return certificate.NotBefore.Add(clockSkew) }

// ours reports whether the authority can sign.
func (a *authority) ours() bool { return a.key != nil }

// dropped reports whether the authority is to leave the caBundle at now.
func (a *authority) dropped(now time.Time) bool {
	return !now.Before(a.certificate.NotAfter) || !a.ours() && !now.Before(a.drop)
}
