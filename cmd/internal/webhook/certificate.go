package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/manager"

	"github.com/inshore-dev/inshore/certs"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// certificate is certs.Files or certs.Embedded.
type certificate interface {
	manager.Runnable
	GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Chain() ([]*x509.Certificate, error)
}

func newCertificate(o *options, mgr manager.Manager, log logr.Logger) (certificate, error) {
	if o.certMode == certModeFiles {
		return certs.NewFiles(o.certDir)
	}
	return certs.NewEmbedded(certs.EmbeddedConfig{
		Reader:      mgr.GetAPIReader(),
		Writer:      mgr.GetClient(),
		Watch:       mgr.GetCache(),
		Namespace:   o.namespace,
		Mutating:    registration.MutateName,
		Validating:  registration.ValidateName,
		ServerNames: o.serverNames(),
		Durations:   o.certs,
		Clock:       clock.RealClock{},
		Log:         log,
		Events:      mgr.GetEventRecorder("inshore-webhook"),
	})
}

// newCallers returns who may call and what follows changes of it; nil and an idle
// runnable for everybody.
func newCallers(o *options, log logr.Logger) (verify func(tls.ConnectionState) error, follow manager.Runnable, err error) {
	if o.clientCA == "" {
		return nil, idle, nil
	}
	callers, err := certs.NewCallers(certs.CallersConfig{CAFile: o.clientCA, Names: o.clientNames, Clock: clock.RealClock{}, Log: log})
	if err != nil {
		return nil, nil, err
	}
	return callers.Verify, callers, nil
}

// probeTimeout bounds one look at the configurations. They come from a cache;
// only before it has filled, or if we may not read them, does that take longer.
const probeTimeout = 500 * time.Millisecond

// trusted is ready while every API server would accept what c serves.
func trusted(c certificate, live registration.Live) func() error {
	return func() error {
		chain, err := c.Chain()
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
		defer cancel()
		return live.Verify(ctx, chain, time.Now())
	}
}
