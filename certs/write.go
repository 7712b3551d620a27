package certs

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// writeSecret writes the authorities over the Secret that was read. Another
// replica's write in between is a conflict, and the look starts over.
func (e *Embedded) writeSecret(ctx context.Context, secret *corev1.Secret, authorities []*authority) error {
	data, err := encodeAuthorities(authorities)
	if err != nil {
		return err
	}
	secret.Data = data
	if secret.ResourceVersion == "" {
		secret.Type = corev1.SecretTypeOpaque
		secret.Labels = map[string]string{"app.kubernetes.io/name": "inshore-webhook", "app.kubernetes.io/part-of": "inshore"}
		err = e.config.Writer.Create(ctx, secret)
	} else {
		err = e.config.Writer.Update(ctx, secret)
	}
	if err != nil {
		return fmt.Errorf("writing Secret %s/%s: %w", e.config.Namespace, SecretName, err)
	}
	e.config.Log.Info("Wrote the certificate authorities", "secret", SecretName, "count", len(authorities))
	return nil
}

// writeBundles makes every webhook of c carry want.
func (e *Embedded) writeBundles(ctx context.Context, c configuration, want bundle) error {
	patch, err := c.bundlePatch(want)
	if err != nil || patch == nil {
		return err
	}
	if err := e.config.Writer.Patch(ctx, c.object, patch, client.FieldOwner("inshore-webhook")); err != nil {
		return fmt.Errorf("writing caBundle into %s: %w", c.object.GetName(), err)
	}
	e.config.Log.Info("Wrote the caBundle", "configuration", c.object.GetName(), "authorities", len(want))
	return nil
}

// report says what was wrong with the Secret, in the log and as an event.
func (e *Embedded) report(secret *corev1.Secret, problems []error) {
	if len(problems) == 0 {
		return
	}
	err := errors.Join(problems...)
	e.config.Log.Error(err, "The Secret is damaged; what cannot be read is replaced", "secret", SecretName)
	e.config.Events.Eventf(secret, nil, corev1.EventTypeWarning, "AuthoritiesDamaged", "ReplaceAuthorities",
		"What cannot be read is replaced: %v", err)
}
