package registration

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/policies/enforcement"
	"github.com/inshore-dev/inshore/webhook/nodelocalpolicies"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// counting counts what becomes of writes.
type counting struct {
	client.Client
	written, refused *atomic.Int64
}

func (c counting) Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error {
	err := c.Client.Patch(ctx, object, patch, options...)
	if err != nil {
		c.refused.Add(1)
	} else {
		c.written.Add(1)
	}
	return err
}

// replicas are writers as so many replicas run them, each with caches of its own.
type replicas struct{ written, refused atomic.Int64 }

func startReplicas(t *testing.T, n int) *replicas {
	t.Helper()
	all := &replicas{}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { stop(); running.Wait() })
	for range n {
		for _, start := range all.replica(t, shared.RESTConfig()) {
			running.Go(func() {
				if err := start(ctx); err != nil {
					t.Error(err)
				}
			})
		}
	}
	return all
}

// replica is what one replica runs.
func (r *replicas) replica(t *testing.T, config *rest.Config) []func(context.Context) error {
	t.Helper()
	transport, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	api, err := client.New(config, client.Options{HTTPClient: transport})
	if err != nil {
		t.Fatal(err)
	}
	named := func(name string) cache.ByObject {
		return cache.ByObject{Field: fields.OneTermEqualSelector("metadata.name", name)}
	}
	configurations, err := cache.New(config, cache.Options{HTTPClient: transport, ByObject: map[client.Object]cache.ByObject{
		&admissionv1.MutatingWebhookConfiguration{}:   named(registration.MutateName),
		&admissionv1.ValidatingWebhookConfiguration{}: named(registration.ValidateName),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var writer *registration.Writer
	policies, list := watchPolicies(t, config, transport, func() { writer.Wake() })
	writer = registration.NewWriter(registration.WriterConfig{
		Cache: configurations, API: api, Writer: counting{api, &r.written, &r.refused},
		Known: func() (*enforcement.Set, error) { return policies.Enforcement(), policies.Ready() }, List: list,
		// A tenth of what replicas use: the test is about those that collide.
		Spread: 100 * time.Millisecond, Clock: clock.RealClock{}, Log: testr.New(t),
	})
	return []func(context.Context) error{configurations.Start, policies.Start, writer.Start}
}

func watchPolicies(t *testing.T, config *rest.Config, transport *http.Client, changed func()) (
	*nodelocalpolicies.Watch, func(context.Context) (*enforcement.Set, error),
) {
	t.Helper()
	watch, err := nodelocalpolicies.New(nodelocalpolicies.Config{
		REST: config, HTTP: transport, Metrics: prometheus.NewRegistry(), Changed: changed, Clock: clock.RealClock{}, Log: testr.New(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	api, err := nodelocalpolicies.NewClient(config, transport)
	if err != nil {
		t.Fatal(err)
	}
	return watch, func(ctx context.Context) (*enforcement.Set, error) {
		all, err := nodelocalpolicies.List(ctx, api)
		return enforcement.New(all), err
	}
}
