package registration

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Live is the trust that API servers have in us now: the caBundle and the name
// in every webhook of both configurations.
type Live struct {
	// Reader reads the two configurations, preferably from a cache: they are
	// read at every readiness probe.
	Reader client.Reader
}

// Verify reports whether an API server would accept chain (leaf first) in every
// webhook of both configurations at the time now. The error names the first
// webhook in which it would not, and why.
func (l Live) Verify(ctx context.Context, chain []*x509.Certificate, now time.Time) error {
	if len(chain) == 0 {
		return errors.New("there is no serving certificate yet")
	}
	mutate := &admissionv1.MutatingWebhookConfiguration{}
	if err := l.Reader.Get(ctx, client.ObjectKey{Name: MutateName}, mutate); err != nil {
		return fmt.Errorf("reading MutatingWebhookConfiguration %s: %w", MutateName, err)
	}
	for i := range mutate.Webhooks {
		w := &mutate.Webhooks[i]
		if err := verify(w.Name, &w.ClientConfig, chain, now); err != nil {
			return err
		}
	}
	validate := &admissionv1.ValidatingWebhookConfiguration{}
	if err := l.Reader.Get(ctx, client.ObjectKey{Name: ValidateName}, validate); err != nil {
		return fmt.Errorf("reading ValidatingWebhookConfiguration %s: %w", ValidateName, err)
	}
	for i := range validate.Webhooks {
		w := &validate.Webhooks[i]
		if err := verify(w.Name, &w.ClientConfig, chain, now); err != nil {
			return err
		}
	}
	if len(mutate.Webhooks)+len(validate.Webhooks) == 0 {
		return errors.New("both webhook configurations are empty")
	}
	return nil
}

// verify does what an API server's TLS client does with one webhook.
func verify(name string, config *admissionv1.WebhookClientConfig, chain []*x509.Certificate, now time.Time) error {
	host, err := serverName(config)
	if err != nil {
		return fmt.Errorf("webhook %s: %w", name, err)
	}
	if len(config.CABundle) == 0 {
		return fmt.Errorf("webhook %s: its caBundle is empty", name)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(config.CABundle) {
		return fmt.Errorf("webhook %s: its caBundle holds no PEM certificate", name)
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	if _, err := chain[0].Verify(x509.VerifyOptions{
		DNSName: host, Roots: roots, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}); err != nil {
		return fmt.Errorf("webhook %s: its caBundle does not vouch for the certificate we serve: %w", name, err)
	}
	return nil
}

// serverName is the name that API servers expect in the certificate.
func serverName(config *admissionv1.WebhookClientConfig) (string, error) {
	if config.Service != nil {
		return config.Service.Name + "." + config.Service.Namespace + ".svc", nil
	}
	if config.URL == nil {
		return "", errors.New("its clientConfig names neither a service nor a url")
	}
	address, err := url.Parse(*config.URL)
	if err != nil {
		return "", fmt.Errorf("reading its clientConfig.url: %w", err)
	}
	return address.Hostname(), nil
}
