package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// EmbeddedConfig is what an [Embedded] is made of. All fields are required but
// Watch.
type EmbeddedConfig struct {
	// Reader must not be a cache: decisions are made on what is, not on what
	// was.
	Reader client.Reader
	Writer client.Writer
	// Watch tells of changes to the Secret and the configurations. Without it
	// they are noticed after Durations.Interval.
	Watch cache.Informers
	// Namespace is our own.
	Namespace string
	// Mutating and Validating name the webhook configurations.
	Mutating, Validating string
	// ServerNames are the DNS names and IP addresses in the certificate.
	ServerNames []string
	Durations   Durations
	Clock       clock.Clock
	Log         logr.Logger
	Events      events.EventRecorder
}

// Embedded serves certificates signed by an authority of its own. Any number of
// replicas do it side by side. It is a manager.Runnable.
//
// It needs get, create and update of Secret [SecretName] in its namespace, get
// and patch of both configurations; with Watch, list and watch of the three.
type Embedded struct {
	config EmbeddedConfig
	served atomic.Pointer[served]
	wake   chan struct{}
}

// served is a certificate and what vouches for it.
type served struct {
	certificate *tls.Certificate
	authority   *x509.Certificate
}

// NewEmbedded returns an Embedded that has no certificate before Start.
func NewEmbedded(config EmbeddedConfig) (*Embedded, error) {
	if err := config.Durations.Validate(); err != nil {
		return nil, err
	}
	return &Embedded{config: config, wake: make(chan struct{}, 1)}, nil
}

// errNone is the answer before the first certificate.
var errNone = errors.New("there is no serving certificate yet")

// GetCertificate is for tls.Config.
func (e *Embedded) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if s := e.served.Load(); s != nil {
		return s.certificate, nil
	}
	return nil, errNone
}

// Chain is the chain now served, leaf first.
func (e *Embedded) Chain() ([]*x509.Certificate, error) {
	if s := e.served.Load(); s != nil {
		return []*x509.Certificate{s.certificate.Leaf}, nil
	}
	return nil, errNone
}

// NeedLeaderElection is false: every replica signs for itself, and any of them
// keeps the Secret and the caBundles.
func (*Embedded) NeedLeaderElection() bool { return false }

// Start rotates until ctx is done.
func (e *Embedded) Start(ctx context.Context) error {
	if err := e.subscribe(ctx); err != nil {
		return err
	}
	for {
		wait := e.config.Durations.Interval
		if err := e.Reconcile(ctx); err != nil && ctx.Err() == nil {
			e.config.Log.Error(err, "The certificates stay as they are, trying again")
			wait = min(wait, retryInterval)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-e.wake:
		case <-e.config.Clock.After(wait):
		}
	}
}

// retryInterval is how long a failed look is followed by another at the latest.
const retryInterval = 5 * time.Second

// subscribe wakes Start up when one of the three objects changes.
func (e *Embedded) subscribe(ctx context.Context) error {
	if e.config.Watch == nil {
		return nil
	}
	wake := func(any) {
		select {
		case e.wake <- struct{}{}:
		default: // it is awake already
		}
	}
	for _, object := range []client.Object{
		&corev1.Secret{}, &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{},
	} {
		informer, err := e.config.Watch.GetInformer(ctx, object, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc: wake, UpdateFunc: func(_, changed any) { wake(changed) }, DeleteFunc: wake,
		}); err != nil {
			return fmt.Errorf("watching %T: %w", object, err)
		}
	}
	return nil
}

// attempts is how often one look starts over because another replica was faster.
const attempts = 5

// Reconcile looks at everything once and does what is due. It is what Start
// does, for callers with a clock of their own.
func (e *Embedded) Reconcile(ctx context.Context) error {
	var err error
	for range attempts {
		if err = e.once(ctx); !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return err
}

// once is one look: read all three objects, decide, write.
func (e *Embedded) once(ctx context.Context) error {
	secret, err := e.readSecret(ctx)
	if err != nil {
		return err
	}
	configurations, err := readConfigurations(ctx, e.config.Reader, e.config.Mutating, e.config.Validating)
	if err != nil {
		return err
	}
	authorities, problems := decodeAuthorities(secret.Data)
	e.report(secret, problems)
	v := view{authorities: authorities, live: liveBundles(configurations), now: e.config.Clock.Now()}
	if s := e.served.Load(); s != nil {
		v.leaf = s.certificate.Leaf
	}
	p, err := e.config.Durations.decide(v, func() (*authority, error) {
		return newAuthority(v.now, e.config.Durations.CA)
	})
	if err != nil {
		return err
	}
	// The order matters: an authority that is not in the Secret must never be
	// in a caBundle, or another replica would not know whose it is.
	if p.changed || len(problems) > 0 {
		if err := e.writeSecret(ctx, secret, p.authorities); err != nil {
			return err
		}
	}
	for _, c := range configurations {
		if err := e.writeBundles(ctx, c, p.bundle); err != nil {
			return err
		}
	}
	return e.sign(v.now, p.signer)
}

// sign replaces the certificate that is served, if there is a signer.
func (e *Embedded) sign(now time.Time, signer *authority) error {
	if signer == nil {
		return nil
	}
	certificate, err := signer.sign(now, e.config.Durations.Leaf, e.config.ServerNames)
	if err != nil {
		return err
	}
	e.served.Store(&served{certificate: certificate, authority: signer.certificate})
	e.config.Log.Info("Serving a new certificate",
		"authority", signer.certificate.Subject.SerialNumber, "until", certificate.Leaf.NotAfter)
	return nil
}

// Authority is the certificate that signed the one now served; nil if none.
func (e *Embedded) Authority() *x509.Certificate {
	if s := e.served.Load(); s != nil {
		return s.authority
	}
	return nil
}

// readSecret reads the Secret; one that does not exist is empty.
func (e *Embedded) readSecret(ctx context.Context) (*corev1.Secret, error) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: e.config.Namespace, Name: SecretName}}
	err := e.config.Reader.Get(ctx, client.ObjectKeyFromObject(secret), secret)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("reading Secret %s/%s: %w", e.config.Namespace, SecretName, err)
	}
	return secret, nil
}
