package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"
)

// SecretName is the Secret that holds the authorities, in our own namespace.
const SecretName = "inshore-webhook-ca"

// secretKey is the one key in the Secret's data. All authorities are in one
// value, so that no writer can leave half of them.
const secretKey = "authorities.json"

// record is one authority in the Secret.
type record struct {
	// Certificate and Key are PEM; there is no Key if the authority is not
	// ours.
	Certificate string `json:"certificate"`
	Key         string `json:"key,omitempty"`
	// Published and Drop are authority.published and authority.drop.
	Published *time.Time `json:"published,omitempty"`
	Drop      *time.Time `json:"drop,omitempty"`
}

// decodeAuthorities reads the Secret's data. What cannot be read, or is not what
// it claims to be, is left out and reported: the rest still serves, and a
// missing authority is made anew.
func decodeAuthorities(data map[string][]byte) (authorities []*authority, problems []error) {
	text, ok := data[secretKey]
	if !ok {
		if len(data) > 0 {
			problems = append(problems, fmt.Errorf("it has no %s", secretKey))
		}
		return nil, problems
	}
	var records []record
	if err := json.Unmarshal(text, &records); err != nil {
		return nil, []error{fmt.Errorf("reading %s: %w", secretKey, err)}
	}
	for i, r := range records {
		a, err := r.authority()
		if err != nil {
			problems = append(problems, fmt.Errorf("reading %s[%d]: %w", secretKey, i, err))
			continue
		}
		authorities = append(authorities, a)
	}
	slices.SortStableFunc(authorities, oldestFirst)
	return authorities, problems
}

// encodeAuthorities is the Secret's data.
func encodeAuthorities(authorities []*authority) (map[string][]byte, error) {
	records := make([]record, 0, len(authorities))
	for _, a := range authorities {
		r := record{Certificate: string(encodeCertificate(a.certificate))}
		if a.ours() {
			der, err := x509.MarshalPKCS8PrivateKey(a.key)
			if err != nil {
				return nil, fmt.Errorf("writing the key of a certificate authority: %w", err)
			}
			r.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		}
		if !a.published.IsZero() {
			r.Published = new(a.published.UTC())
		}
		if !a.drop.IsZero() {
			r.Drop = new(a.drop.UTC())
		}
		records = append(records, r)
	}
	text, err := json.MarshalIndent(records, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing %s: %w", secretKey, err)
	}
	return map[string][]byte{secretKey: text}, nil
}

// authority is the record, checked.
func (r record) authority() (*authority, error) {
	certificates := parseBundle([]byte(r.Certificate))
	if len(certificates) != 1 {
		return nil, fmt.Errorf("want one certificate, found %d", len(certificates))
	}
	a := &authority{certificate: certificates[0]}
	if r.Published != nil {
		a.published = *r.Published
	}
	if r.Drop != nil {
		a.drop = *r.Drop
	}
	if r.Key == "" {
		return a, nil
	}
	key, err := parseKey(r.Key)
	if err != nil {
		return nil, err
	}
	if !key.PublicKey.Equal(a.certificate.PublicKey) {
		return nil, errors.New("the key does not belong to the certificate")
	}
	if err := a.certificate.CheckSignatureFrom(a.certificate); err != nil {
		return nil, fmt.Errorf("the certificate is no authority that signed itself: %w", err)
	}
	a.key = key
	return a, nil
}

func parseKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("the key is not ECDSA P-256")
	}
	return key, nil
}

// oldestFirst orders authorities by age, and by their bytes where that is equal,
// so that every replica sees the same order.
func oldestFirst(a, b *authority) int {
	if c := a.certificate.NotBefore.Compare(b.certificate.NotBefore); c != 0 {
		return c
	}
	return bytes.Compare(a.certificate.Raw, b.certificate.Raw)
}
