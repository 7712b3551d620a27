package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

const serverName = "inshore-webhook.inshore-system.svc"

// installation is replicas around an API server that is a fake.
type installation struct {
	t        *testing.T
	api      client.Client
	clock    *clocktesting.FakeClock
	events   *events.FakeRecorder
	replicas []*Embedded
}

// install applies both configurations, with two webhooks each and no caBundle.
func install(t *testing.T, replicas int) *installation {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, admissionv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	mutate := &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "inshore-mutate"}}
	validate := &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: "inshore-validate"}}
	for _, kind := range []string{"services", "daemonsets"} {
		mutate.Webhooks = append(mutate.Webhooks, admissionv1.MutatingWebhook{Name: kind + ".mutate.inshore.dev", TimeoutSeconds: new(int32(5))})
		validate.Webhooks = append(validate.Webhooks, admissionv1.ValidatingWebhook{Name: kind + ".validate.inshore.dev", TimeoutSeconds: new(int32(10))})
	}
	in := &installation{
		t:     t,
		api:   fake.NewClientBuilder().WithScheme(scheme).WithObjects(mutate, validate).Build(),
		clock: clocktesting.NewFakeClock(time.Now().Truncate(time.Second)),
		// Large enough never to block.
		events: events.NewFakeRecorder(100),
	}
	for range replicas {
		in.start()
	}
	return in
}

// start adds a replica.
func (in *installation) start() *Embedded {
	e, err := NewEmbedded(EmbeddedConfig{
		Reader: in.api, Writer: in.api, Namespace: "inshore-system",
		Mutating: "inshore-mutate", Validating: "inshore-validate", ServerNames: []string{serverName},
		Durations: quick, Clock: in.clock, Log: testr.New(in.t), Events: in.events,
	})
	if err != nil {
		in.t.Fatal(err)
	}
	in.replicas = append(in.replicas, e)
	return e
}

// step lets every replica look once and the clock go on.
func (in *installation) step() {
	in.t.Helper()
	for _, e := range in.replicas {
		if err := e.Reconcile(in.t.Context()); err != nil {
			in.t.Fatal(err)
		}
	}
	in.clock.Step(quick.Interval)
}

// bundles are the caBundles of all four webhooks.
func (in *installation) bundles() [][]byte {
	in.t.Helper()
	var all [][]byte
	mutate, validate := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	if err := in.api.Get(in.t.Context(), client.ObjectKey{Name: "inshore-mutate"}, mutate); err != nil {
		in.t.Fatal(err)
	}
	if err := in.api.Get(in.t.Context(), client.ObjectKey{Name: "inshore-validate"}, validate); err != nil {
		in.t.Fatal(err)
	}
	for i := range mutate.Webhooks {
		all = append(all, mutate.Webhooks[i].ClientConfig.CABundle)
	}
	for i := range validate.Webhooks {
		all = append(all, validate.Webhooks[i].ClientConfig.CABundle)
	}
	return all
}

// call is a TLS 1.3 handshake as an API server with that caBundle makes it.
func (in *installation) call(e *Embedded, caBundle []byte) error {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(caBundle)
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	server := tls.Server(ours, &tls.Config{GetCertificate: e.GetCertificate, MinVersion: tls.VersionTLS13})
	go func() { _ = server.HandshakeContext(in.t.Context()) }()
	return tls.Client(theirs, &tls.Config{RootCAs: roots, ServerName: serverName, Time: in.clock.Now}).HandshakeContext(in.t.Context())
}

func TestNoCallFailsOverTwoLifetimesOfAnAuthority(t *testing.T) {
	in := install(t, 2)
	in.step()
	in.step()
	// What API servers may still go by: the caBundles of the propagation time.
	var held [][][]byte
	calls := 0
	for range int(2 * quick.CA / quick.Interval) {
		in.step()
		held = append(held, in.bundles())
		if over := len(held) - int(quick.Propagation/quick.Interval); over > 0 {
			held = held[over:]
		}
		for _, e := range in.replicas {
			for _, bundles := range [][][]byte{held[0], held[len(held)-1]} {
				for _, caBundle := range bundles {
					calls++
					if err := in.call(e, caBundle); err != nil {
						t.Fatalf("call %d: %v", calls, err)
					}
				}
			}
		}
	}
	if got := len(parseBundle(in.bundles()[0])); got > 2 {
		t.Errorf("after two lifetimes the caBundle holds %d authorities, want the current and perhaps the next", got)
	}
}

func TestReplicasAgreeOnOneAuthority(t *testing.T) {
	in := install(t, 3)
	in.step()
	in.step()
	for i, e := range in.replicas {
		if !e.Authority().Equal(in.replicas[0].Authority()) {
			t.Errorf("replica %d serves by an authority of its own", i)
		}
	}
	for _, caBundle := range in.bundles() {
		if got := len(parseBundle(caBundle)); got != 1 {
			t.Errorf("a caBundle holds %d authorities, want 1", got)
		}
	}
}

func TestNothingIsWrittenWhileNothingIsDue(t *testing.T) {
	in := install(t, 2)
	for range 4 {
		in.step()
	}
	versions := func() []string {
		secret := &corev1.Secret{}
		if err := in.api.Get(t.Context(), client.ObjectKey{Namespace: "inshore-system", Name: SecretName}, secret); err != nil {
			t.Fatal(err)
		}
		configurations, err := readConfigurations(t.Context(), in.api, "inshore-mutate", "inshore-validate")
		if err != nil {
			t.Fatal(err)
		}
		return []string{secret.ResourceVersion, configurations[0].object.GetResourceVersion(), configurations[1].object.GetResourceVersion()}
	}
	before := versions()
	for range 5 {
		in.step()
	}
	if after := versions(); !slices.Equal(before, after) {
		t.Errorf("resource versions went from %v to %v", before, after)
	}
}

func TestCABundleWithOtherWhiteSpaceIsLeftAlone(t *testing.T) {
	in := install(t, 1)
	in.step()
	in.step()
	mutate := &admissionv1.MutatingWebhookConfiguration{}
	if err := in.api.Get(t.Context(), client.ObjectKey{Name: "inshore-mutate"}, mutate); err != nil {
		t.Fatal(err)
	}
	edited := "# by hand\n" + string(mutate.Webhooks[0].ClientConfig.CABundle) + "\n\n"
	mutate.Webhooks[0].ClientConfig.CABundle = []byte(edited)
	if err := in.api.Update(t.Context(), mutate); err != nil {
		t.Fatal(err)
	}
	in.step()
	if got := string(in.bundles()[0]); got != edited {
		t.Errorf("it was rewritten to %q", got)
	}
}

func TestEmptiedCABundleIsFilledAgainAndNothingElseIsTouched(t *testing.T) {
	in := install(t, 1)
	in.step()
	mutate := &admissionv1.MutatingWebhookConfiguration{}
	if err := in.api.Get(t.Context(), client.ObjectKey{Name: "inshore-mutate"}, mutate); err != nil {
		t.Fatal(err)
	}
	mutate.Webhooks[1].ClientConfig.CABundle = nil
	mutate.Webhooks[1].TimeoutSeconds = new(int32(3))
	if err := in.api.Update(t.Context(), mutate); err != nil {
		t.Fatal(err)
	}
	in.step()
	if err := in.api.Get(t.Context(), client.ObjectKey{Name: "inshore-mutate"}, mutate); err != nil {
		t.Fatal(err)
	}
	if len(mutate.Webhooks) != 2 || *mutate.Webhooks[0].TimeoutSeconds != 5 || *mutate.Webhooks[1].TimeoutSeconds != 3 {
		t.Errorf("the webhooks are now %+v", mutate.Webhooks)
	}
	if err := in.call(in.replicas[0], mutate.Webhooks[1].ClientConfig.CABundle); err != nil {
		t.Error(err)
	}
}

func TestDamagedSecretIsReplacedAndReportedAndNoCallFails(t *testing.T) {
	for name, damage := range map[string]func(*corev1.Secret){
		"its data is gone":     func(s *corev1.Secret) { s.Data = nil },
		"its data is no JSON":  func(s *corev1.Secret) { s.Data[secretKey] = []byte("tampered") },
		"it holds other files": func(s *corev1.Secret) { s.Data = map[string][]byte{"tls.crt": []byte("x")} },
	} {
		t.Run(name, func(t *testing.T) {
			in := install(t, 2)
			for range 10 {
				in.step()
			}
			secret := &corev1.Secret{}
			key := client.ObjectKey{Namespace: "inshore-system", Name: SecretName}
			if err := in.api.Get(t.Context(), key, secret); err != nil {
				t.Fatal(err)
			}
			before := in.replicas[0].Authority()
			damage(secret)
			wantEvent := len(secret.Data) > 0
			if err := in.api.Update(t.Context(), secret); err != nil {
				t.Fatal(err)
			}
			for range int(2 * quick.Propagation / quick.Interval) {
				in.step()
				for _, e := range in.replicas {
					for _, caBundle := range in.bundles() {
						if err := in.call(e, caBundle); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			if in.replicas[0].Authority().Equal(before) {
				t.Error("it still signs by the authority whose key was lost")
			}
			if err := in.api.Get(t.Context(), key, secret); err != nil {
				t.Fatal(err)
			}
			if _, problems := decodeAuthorities(secret.Data); len(problems) > 0 {
				t.Errorf("the Secret is still damaged: %v", problems)
			}
			if got := len(in.events.Events) > 0; got != wantEvent {
				t.Errorf("reported %v, want %v", got, wantEvent)
			}
			if wantEvent && !strings.Contains(<-in.events.Events, "AuthoritiesDamaged") {
				t.Error("the event has another reason")
			}
		})
	}
}

func TestStartServesAndStopsWithItsContext(t *testing.T) {
	in := install(t, 0)
	e := in.start()
	if _, err := e.GetCertificate(nil); err == nil {
		t.Error("there is a certificate before Start")
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- e.Start(ctx) }()
	for !in.clock.HasWaiters() {
		// Start waits on the clock once it has looked at everything.
		time.Sleep(time.Millisecond)
	}
	if _, err := e.Chain(); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// What policies add to the configurations is made from a base entry as it was read,
// perhaps before its caBundle was written anew.
func TestAnEntryThatComesLaterCarriesTheSameCABundle(t *testing.T) {
	in := install(t, 1)
	in.step()
	mutate := &admissionv1.MutatingWebhookConfiguration{}
	if err := in.api.Get(t.Context(), client.ObjectKey{Name: "inshore-mutate"}, mutate); err != nil {
		t.Fatal(err)
	}
	added := mutate.Webhooks[0].DeepCopy()
	added.Name, added.ClientConfig.CABundle = "policy-0123456789.services.mutate.inshore.dev", nil
	mutate.Webhooks = append(mutate.Webhooks, *added)
	if err := in.api.Update(t.Context(), mutate); err != nil {
		t.Fatal(err)
	}
	in.step()
	bundles := in.bundles()
	if len(bundles) != 5 {
		t.Fatalf("there are %d webhooks, want 5", len(bundles))
	}
	for i, caBundle := range bundles {
		if err := in.call(in.replicas[0], caBundle); err != nil {
			t.Errorf("webhook %d: %v", i, err)
		}
	}
}
