package registration_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// api is a reader of the two configurations.
type api struct {
	client.Reader
	mutate   *admissionv1.MutatingWebhookConfiguration
	validate *admissionv1.ValidatingWebhookConfiguration
}

func (a *api) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	switch into := into.(type) {
	case *admissionv1.MutatingWebhookConfiguration:
		if a.mutate != nil && key.Name == registration.MutateName {
			a.mutate.DeepCopyInto(into)
			return nil
		}
	case *admissionv1.ValidatingWebhookConfiguration:
		if a.validate != nil && key.Name == registration.ValidateName {
			a.validate.DeepCopyInto(into)
			return nil
		}
	}
	return errors.New("not found")
}

// trust puts caBundle into all four webhooks.
func (a *api) trust(caBundle []byte) {
	for i := range a.mutate.Webhooks {
		a.mutate.Webhooks[i].ClientConfig.CABundle = caBundle
	}
	for i := range a.validate.Webhooks {
		a.validate.Webhooks[i].ClientConfig.CABundle = caBundle
	}
}

var start = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// selfSigned is a serving certificate for names that is its own authority, valid
// for an hour.
func selfSigned(t *testing.T, names ...string) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: start, NotAfter: start.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return certificate
}

func encode(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}

func TestReadinessFollowsTheLiveConfigurations(t *testing.T) {
	ours := selfSigned(t, "inshore-webhook.inshore-system.svc", "127.0.0.1")
	another := selfSigned(t, "inshore-webhook.inshore-system.svc")
	misnamed := selfSigned(t, "inshore-webhook.other.svc")
	cases := map[string]struct {
		edit   func(*api)
		served *x509.Certificate
		at     time.Duration
		says   string // empty for ready
	}{
		"trusted everywhere":              {served: ours},
		"one of several authorities":      {served: ours, edit: func(a *api) { a.trust(append(encode(another), encode(ours)...)) }},
		"no certificate yet":              {says: "no serving certificate yet"},
		"no mutating configuration":       {served: ours, edit: func(a *api) { a.mutate = nil }, says: "reading MutatingWebhookConfiguration inshore-mutate"},
		"no validating configuration":     {served: ours, edit: func(a *api) { a.validate = nil }, says: "reading ValidatingWebhookConfiguration inshore-validate"},
		"configurations without webhooks": {served: ours, edit: func(a *api) { a.mutate.Webhooks, a.validate.Webhooks = nil, nil }, says: "are empty"},
		"one empty caBundle":              {served: ours, edit: func(a *api) { a.validate.Webhooks[1].ClientConfig.CABundle = nil }, says: "daemonsets.validate.inshore.dev: its caBundle is empty"},
		"one caBundle that is no PEM":     {served: ours, edit: func(a *api) { a.mutate.Webhooks[1].ClientConfig.CABundle = []byte("x") }, says: "daemonsets.mutate.inshore.dev: its caBundle holds no PEM"},
		"one caBundle of another":         {served: ours, edit: func(a *api) { a.mutate.Webhooks[0].ClientConfig.CABundle = encode(another) }, says: "services.mutate.inshore.dev: its caBundle does not vouch"},
		"a certificate that has expired":  {served: ours, at: 2 * time.Hour, says: "expired"},
		"a certificate for another name":  {served: misnamed, edit: func(a *api) { a.trust(encode(misnamed)) }, says: "inshore-webhook.inshore-system.svc"},
		"a url on this machine": {served: ours, edit: func(a *api) {
			a.mutate.Webhooks[0].ClientConfig = urlConfig("https://127.0.0.1:9443/mutate/services", ours)
		}},
		"a url that the certificate is not for": {served: ours, edit: func(a *api) {
			a.mutate.Webhooks[0].ClientConfig = urlConfig("https://example.com/mutate/services", ours)
		}, says: "example.com"},
		"a webhook with neither service nor url": {served: ours, edit: func(a *api) { a.mutate.Webhooks[0].ClientConfig = admissionv1.WebhookClientConfig{} }, says: "neither a service nor a url"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			reader := &api{}
			reader.mutate, reader.validate = manifest(t)
			reader.trust(encode(ours))
			if c.edit != nil {
				c.edit(reader)
			}
			var chain []*x509.Certificate
			if c.served != nil {
				chain = append(chain, c.served)
			}
			err := registration.Live{Reader: reader}.Verify(t.Context(), chain, start.Add(time.Minute+c.at))
			switch {
			case c.says == "" && err != nil:
				t.Errorf("not ready: %v", err)
			case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
				t.Errorf("got %v, want an error with %q", err, c.says)
			}
		})
	}
}

func urlConfig(url string, authority *x509.Certificate) admissionv1.WebhookClientConfig {
	return admissionv1.WebhookClientConfig{URL: &url, CABundle: encode(authority)}
}
