package bundle

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// keyID names the key in a signature. There is one key, so whatever id a
// bundle's signature names is not looked at.
const keyID = "default"

// VerificationKey is what a bundle must be signed with.
type VerificationKey struct {
	key, algorithm string
}

// SigningKey is what bundles are signed with.
type SigningKey struct {
	key, algorithm string
}

// ReadVerificationKey reads a public key or a certificate (PEM), or a secret
// for HMAC (anything else). The algorithm is one of RFC 7518 and RFC 8037;
// empty means the key's usual one: RS256, ES256, ES384, ES512, EdDSA, or HS256
// for a secret.
func ReadVerificationKey(file, algorithm string) (*VerificationKey, error) {
	text, usual, err := readKey(file, publicKey)
	if err != nil {
		return nil, err
	}
	if algorithm, err = choose(file, algorithm, usual); err != nil {
		return nil, err
	}
	return &VerificationKey{key: text, algorithm: algorithm}, nil
}

// ReadSigningKey reads a private key (PEM), or a secret for HMAC.
func ReadSigningKey(file, algorithm string) (*SigningKey, error) {
	text, usual, err := readKey(file, privateKey)
	if err != nil {
		return nil, err
	}
	if algorithm, err = choose(file, algorithm, usual); err != nil {
		return nil, err
	}
	if strings.HasPrefix(usual, "HS") {
		text = file // OPA reads it itself: a secret may look like a path
	}
	return &SigningKey{key: text, algorithm: algorithm}, nil
}

// Algorithm is what the key signs with, such as EdDSA; those that begin with HS
// are secrets, which sign and verify alike.
func (k *SigningKey) Algorithm() string { return k.algorithm }

func (k *VerificationKey) config() *opabundle.VerificationConfig {
	keys := map[string]*opabundle.KeyConfig{keyID: {Key: k.key, Algorithm: k.algorithm}}
	return opabundle.NewVerificationConfig(keys, keyID, "", nil)
}

// readKey returns the key as OPA takes it, and its usual algorithm.
func readKey(file string, parse func(*pem.Block) (any, error)) (text, algorithm string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("reading the key: %w", err)
	}
	if !bytes.Contains(data, []byte("-----BEGIN")) {
		if len(bytes.TrimSpace(data)) < 16 {
			return "", "", fmt.Errorf("reading the key %s: neither PEM nor a secret of 16 bytes or more", file)
		}
		return string(data), "HS256", nil
	}
	// openssl ecparam writes a block of parameters before the key.
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "EC PARAMETERS" {
			continue
		}
		key, err := parse(block)
		if err != nil {
			return "", "", fmt.Errorf("reading the key %s: %w", file, err)
		}
		if algorithm, err = algorithmOf(key); err != nil {
			return "", "", fmt.Errorf("reading the key %s: %w", file, err)
		}
		return string(pem.EncodeToMemory(block)), algorithm, nil
	}
	return "", "", fmt.Errorf("reading the key %s: no PEM block can be read", file)
}

func publicKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	}
	if strings.HasSuffix(block.Type, "PRIVATE KEY") {
		return nil, errors.New("it is a private key, which stays where bundles are signed: give the public one (openssl pkey -pubout)")
	}
	return nil, fmt.Errorf("a %s is no public key", block.Type)
}

func privateKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("a %s is no private key that can be read here", block.Type)
}

func algorithmOf(key any) (string, error) {
	switch key := key.(type) {
	case *rsa.PublicKey, *rsa.PrivateKey:
		return "RS256", nil
	case *ecdsa.PublicKey:
		return curves[key.Curve.Params().BitSize], nil
	case *ecdsa.PrivateKey:
		return curves[key.Curve.Params().BitSize], nil
	case ed25519.PublicKey, ed25519.PrivateKey:
		return "EdDSA", nil
	}
	return "", fmt.Errorf("a key of type %T cannot sign bundles", key)
}

// curves are the algorithms of RFC 7518, section 3.4, by bits.
var curves = map[int]string{256: "ES256", 384: "ES384", 521: "ES512"}

// choose returns the algorithm that was asked for if the key can do it: a
// public key must never be taken for an HMAC secret.
func choose(file, asked, usual string) (string, error) {
	allowed := []string{usual}
	switch usual {
	case "RS256":
		allowed = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}
	case "HS256":
		allowed = []string{"HS256", "HS384", "HS512"}
	}
	if asked == "" && usual != "" {
		return usual, nil
	}
	for _, algorithm := range allowed {
		if asked == algorithm && asked != "" {
			return asked, nil
		}
	}
	return "", fmt.Errorf("the key %s cannot sign with %q: use one of %s", file, asked, strings.Join(allowed, ", "))
}
