package certs

import (
	"context"
	"encoding/json"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// configuration is a webhook configuration as far as trust goes.
type configuration struct {
	object   client.Object
	webhooks []webhook
}

// webhook is one webhook in a configuration.
type webhook struct {
	name   string
	bundle bundle
}

// readConfigurations reads both. One that does not exist is not there: the
// administrator may apply the manifests in any order.
func readConfigurations(ctx context.Context, reader client.Reader, mutating, validating string) ([]configuration, error) {
	var all []configuration
	mutate := &admissionv1.MutatingWebhookConfiguration{}
	switch err := reader.Get(ctx, client.ObjectKey{Name: mutating}, mutate); {
	case err == nil:
		c := configuration{object: mutate}
		for i := range mutate.Webhooks {
			c.webhooks = append(c.webhooks, webhook{mutate.Webhooks[i].Name, parseBundle(mutate.Webhooks[i].ClientConfig.CABundle)})
		}
		all = append(all, c)
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("reading MutatingWebhookConfiguration %s: %w", mutating, err)
	}
	validate := &admissionv1.ValidatingWebhookConfiguration{}
	switch err := reader.Get(ctx, client.ObjectKey{Name: validating}, validate); {
	case err == nil:
		c := configuration{object: validate}
		for i := range validate.Webhooks {
			c.webhooks = append(c.webhooks, webhook{validate.Webhooks[i].Name, parseBundle(validate.Webhooks[i].ClientConfig.CABundle)})
		}
		all = append(all, c)
	case !apierrors.IsNotFound(err):
		return nil, fmt.Errorf("reading ValidatingWebhookConfiguration %s: %w", validating, err)
	}
	return all, nil
}

// liveBundles are the caBundles of every webhook.
func liveBundles(configurations []configuration) []bundle {
	var live []bundle
	for _, c := range configurations {
		for _, w := range c.webhooks {
			live = append(live, w.bundle)
		}
	}
	return live
}

// bundlePatch is a strategic merge patch that puts want into every webhook that
// holds something else in meaning; nil if none does. It names the
// resourceVersion that was read: a configuration that somebody changed
// meanwhile is read again first.
func (c configuration) bundlePatch(want bundle) (client.Patch, error) {
	type clientConfig struct {
		CABundle []byte `json:"caBundle"`
	}
	type entry struct {
		Name         string       `json:"name"`
		ClientConfig clientConfig `json:"clientConfig"`
	}
	var entries []entry
	for _, w := range c.webhooks {
		if !w.bundle.equal(want) {
			entries = append(entries, entry{w.name, clientConfig{want.encode()}})
		}
	}
	if len(entries) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(map[string]any{
		"metadata": map[string]string{"resourceVersion": c.object.GetResourceVersion()},
		"webhooks": entries,
	})
	if err != nil {
		return nil, fmt.Errorf("writing a caBundle patch: %w", err)
	}
	return client.RawPatch(types.StrategicMergePatchType, text), nil
}
