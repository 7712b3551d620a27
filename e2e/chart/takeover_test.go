package chart

import (
	"bytes"
	"encoding/base64"
	"os"
	"testing"

	admission "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// An API server by itself: no pod is needed to see what Helm does to objects that
// others write to as well.
func TestHelmAmongOthers(t *testing.T) {
	c, err := cluster.Start(t.Context(), cluster.Config{Name: "e2e-chart-api", Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("tearing the cluster down: %v", err)
		}
	})
	p := place{t, c}
	p.kubectl("apply", "-k", manifests+"/overlays/embedded")
	before := p.validating()
	_, bundle, err := c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	authority, err := base64.StdEncoding.DecodeString(bundle)
	if err != nil {
		t.Fatal(err)
	}
	written := p.asTheWebhookWrites(before, authority)

	if _, err := run(t.Context(), "", c.Kubeconfig(), "install", "inshore", chartPath, "--namespace", "inshore-system"); err == nil {
		t.Error("an installation by kustomize was taken over unasked")
	}
	p.helm("install", "inshore", chartPath, "--namespace", "inshore-system", "--take-ownership", "--force-conflicts")
	taken := p.validating()
	if taken.UID != before.UID || taken.Labels["app.kubernetes.io/managed-by"] != "Helm" {
		t.Errorf("taken over, the configuration is another object (%t), labels %v", taken.UID != before.UID, taken.Labels)
	}
	p.keeps("taking over", written)

	p.helm("upgrade", "inshore", chartPath, "--namespace", "inshore-system", "--set", "failurePolicy=open", "--force-conflicts")
	p.keeps("an upgrade", written)
	if got := *p.validating().Webhooks[0].FailurePolicy; got != admission.Ignore {
		t.Errorf("after an upgrade to failurePolicy open, it is %s", got)
	}
	p.helm("rollback", "inshore", "1", "--namespace", "inshore-system", "--force-conflicts")
	p.keeps("a rollback", written)
	if got := *p.validating().Webhooks[0].FailurePolicy; got != admission.Fail {
		t.Errorf("after the rollback, failurePolicy is %s", got)
	}
}

func (p place) validating() *admission.ValidatingWebhookConfiguration {
	p.Helper()
	got, err := p.c.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(p.Context(), "inshore-validate", metav1.GetOptions{})
	if err != nil {
		p.Fatal(err)
	}
	return got
}

// asTheWebhookWrites adds what replicas do: the CA, and a webhook for a policy.
func (p place) asTheWebhookWrites(configuration *admission.ValidatingWebhookConfiguration, authority []byte) *admission.ValidatingWebhookConfiguration {
	p.Helper()
	changed := configuration.DeepCopy()
	for i := range changed.Webhooks {
		changed.Webhooks[i].ClientConfig.CABundle = authority
	}
	added := *changed.Webhooks[0].DeepCopy()
	added.Name = "policy-0.services.validate.inshore.dev"
	changed.Webhooks = append(changed.Webhooks, added)
	written, err := p.c.Client().AdmissionregistrationV1().ValidatingWebhookConfigurations().Update(p.Context(), changed, metav1.UpdateOptions{FieldManager: "inshore-webhook"})
	if err != nil {
		p.Fatal(err)
	}
	return written
}

// keeps wants what was written to be there still.
func (p place) keeps(what string, written *admission.ValidatingWebhookConfiguration) {
	p.Helper()
	got := p.validating()
	if len(got.Webhooks) != len(written.Webhooks) {
		p.Fatalf("after %s there are %d webhooks, want %d", what, len(got.Webhooks), len(written.Webhooks))
	}
	for i, webhook := range got.Webhooks {
		if webhook.Name != written.Webhooks[i].Name || !bytes.Equal(webhook.ClientConfig.CABundle, written.Webhooks[i].ClientConfig.CABundle) {
			p.Errorf("after %s webhook %d is %s with a caBundle of %d bytes", what, i, webhook.Name, len(webhook.ClientConfig.CABundle))
		}
	}
}
