package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/webhook/bundles"
)

// bundleOptions are the flags about rules besides the built-in ones.
type bundleOptions struct {
	configMaps   bool
	url          string
	keyFile      string
	keyAlgorithm string
	tokenFile    string
	caFile       string
	interval     time.Duration
}

func (o *bundleOptions) register(flags *pflag.FlagSet) {
	flags.BoolVar(&o.configMaps, "policy-configmaps", true,
		"load rules from ConfigMaps in --namespace that are labelled "+bundles.Label+"=true, and reload them when they change")
	flags.StringVar(&o.url, "bundle-url", "", "`url` of a signed OPA bundle (.tar.gz) of rules, asked for every --bundle-interval; needs --bundle-key")
	flags.StringVar(&o.keyFile, "bundle-key", "", "`file` that the bundle's signature is checked with: a public key or certificate (PEM), or an HMAC secret")
	flags.StringVar(&o.keyAlgorithm, "bundle-key-algorithm", "", "the signature's `algorithm`, such as PS256; empty is the key's usual one (RS256, ES256, EdDSA, HS256)")
	flags.DurationVar(&o.interval, "bundle-interval", time.Minute, "how often to ask for the bundle")
	flags.StringVar(&o.tokenFile, "bundle-token-file", "", "`file` with a bearer token for the bundle's server (https only), read for each request")
	flags.StringVar(&o.caFile, "bundle-ca-file", "", "`file` with the certificates (PEM) that the bundle's server is checked with; our image has none of its own")
}

func (o *bundleOptions) validate() error {
	var errs []error
	if o.url != "" && o.keyFile == "" {
		errs = append(errs, errors.New("--bundle-url needs --bundle-key: who can replace the rules can open the door"))
	}
	for _, flag := range []struct{ name, value string }{
		{"--bundle-key", o.keyFile}, {"--bundle-token-file", o.tokenFile}, {"--bundle-ca-file", o.caFile},
	} {
		if o.url == "" && flag.value != "" {
			errs = append(errs, fmt.Errorf("%s is read with --bundle-url only: add that, or drop it", flag.name))
		}
	}
	if o.interval < time.Second {
		errs = append(errs, fmt.Errorf("--bundle-interval is %s: use 1s or more", o.interval))
	}
	return errors.Join(errs...)
}

// watch adds the ConfigMaps that hold rules to what the cache may hold.
func (o *bundleOptions) watch(namespace string, watched map[client.Object]cache.ByObject) {
	if o.configMaps {
		watched[&corev1.ConfigMap{}] = cache.ByObject{
			Label: bundles.Selector(), Namespaces: map[string]cache.Config{namespace: {}},
		}
	}
}

// newBundles returns what keeps the rules up to date.
func newBundles(ctx context.Context, o *options, mgr manager.Manager, log logr.Logger) (*bundles.Loader, error) {
	config := bundles.Config{
		Directories: o.policyDirs,
		Interval:    o.bundles.interval,
		Namespace:   o.namespace,
		Deployment:  o.serviceName, // they have one name
		Events:      mgr.GetEventRecorder("inshore-webhook"),
		Metrics:     metrics.Registry,
		Clock:       clock.RealClock{},
		Log:         log,
	}
	if o.bundles.configMaps {
		config.ConfigMaps = mgr.GetCache()
	}
	if o.bundles.url != "" {
		key, err := bundle.ReadVerificationKey(o.bundles.keyFile, o.bundles.keyAlgorithm)
		if err != nil {
			return nil, fmt.Errorf("--bundle-key: %w", err)
		}
		config.HTTP, err = bundles.NewHTTP(bundles.HTTPConfig{
			URL: o.bundles.url, Key: key, TokenFile: o.bundles.tokenFile, CAFile: o.bundles.caFile,
		})
		if err != nil {
			return nil, fmt.Errorf("--bundle-url: %w", err)
		}
	}
	loader, err := bundles.New(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("loading the policies: %w", err)
	}
	return loader, nil
}
