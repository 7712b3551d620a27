package manifests_test

import (
	"testing"

	admission "k8s.io/api/admissionregistration/v1"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// What is applied means what the running webhook takes it to mean.
func TestConfigurationsMeanWhatTheWebhookExpects(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			objects := render(t, overlay)
			mutate := named[*admission.MutatingWebhookConfiguration](t, objects, registration.MutateName)
			for _, err := range registration.CheckMutating(mutate, "inshore-system") {
				t.Error(err)
			}
			validate := named[*admission.ValidatingWebhookConfiguration](t, objects, registration.ValidateName)
			for _, err := range registration.CheckValidating(validate, "inshore-system") {
				t.Error(err)
			}
		})
	}
}
