package registration_test

import (
	"bytes"
	"os"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// manifest are the two configurations that administrators apply.
func manifest(t *testing.T) (*admissionv1.MutatingWebhookConfiguration, *admissionv1.ValidatingWebhookConfiguration) {
	t.Helper()
	text, err := os.ReadFile("../../manifests/base/webhook/webhooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	documents := bytes.Split(text, []byte("\n---\n"))
	if len(documents) != 2 {
		t.Fatalf("webhooks.yaml holds %d documents, want the two configurations", len(documents))
	}
	mutate, validate := &admissionv1.MutatingWebhookConfiguration{}, &admissionv1.ValidatingWebhookConfiguration{}
	for i, into := range []any{mutate, validate} {
		json, err := utilyaml.ToJSON(documents[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(json, into); err != nil {
			t.Fatal(err)
		}
	}
	return mutate, validate
}

func TestManifestMeansWhatTheCodeExpects(t *testing.T) {
	mutate, validate := manifest(t)
	for _, err := range registration.CheckMutating(mutate, "inshore-system") {
		t.Errorf("%s: %v", registration.MutateName, err)
	}
	for _, err := range registration.CheckValidating(validate, "inshore-system") {
		t.Errorf("%s: %v", registration.ValidateName, err)
	}
}

func TestWiderMutationIsReported(t *testing.T) {
	cases := map[string]func(*admissionv1.MutatingWebhookConfiguration){
		"metadata.name": func(c *admissionv1.MutatingWebhookConfiguration) { c.Name = "other" },
		"webhooks[0].rules[0].resources": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].Rules[0].Resources = []string{"services", "pods"}
		},
		"webhooks[1].rules[0].resources": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[1].Rules[0].Resources = []string{"daemonsets/*"}
		},
		"webhooks[1].rules[0].apiGroups":   func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[1].Rules[0].APIGroups = []string{"*"} },
		"webhooks[1].rules[0].apiVersions": func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[1].Rules[0].APIVersions = []string{"*"} },
		"webhooks[0].rules[0].operations": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].Rules[0].Operations = []admissionv1.OperationType{"*"}
		},
		"webhooks[0].rules[0].scope": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].Rules[0].Scope = new(admissionv1.AllScopes)
		},
		"webhooks[0].rules": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].Rules = append(c.Webhooks[0].Rules, c.Webhooks[1].Rules[0])
		},
		"webhooks[1].matchConditions":   func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[1].MatchConditions = nil },
		"webhooks[0].namespaceSelector": func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].NamespaceSelector = nil },
		"webhooks[0].failurePolicy":     func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].FailurePolicy = new(admissionv1.Fail) },
		"webhooks[0].matchPolicy":       func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].MatchPolicy = nil },
		"webhooks[0].sideEffects": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].SideEffects = new(admissionv1.SideEffectClassSome)
		},
		"webhooks[0].timeoutSeconds": func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].TimeoutSeconds = new(int32(30)) },
		"webhooks[0].admissionReviewVersions": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].AdmissionReviewVersions = []string{"v1", "v1beta1"}
		},
		"webhooks[0].reinvocationPolicy": func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks[0].ReinvocationPolicy = nil },
		"webhooks[0].clientConfig.service.path": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].ClientConfig.Service.Path = new("/mutate/daemonsets")
		},
		"webhooks": func(c *admissionv1.MutatingWebhookConfiguration) { c.Webhooks = c.Webhooks[:1] },
		"webhooks[2].name": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks = append(c.Webhooks, admissionv1.MutatingWebhook{Name: "pods.mutate.inshore.dev", FailurePolicy: new(admissionv1.Ignore), ReinvocationPolicy: new(admissionv1.IfNeededReinvocationPolicy)})
		},
		"webhooks[0].clientConfig.url": func(c *admissionv1.MutatingWebhookConfiguration) {
			c.Webhooks[0].ClientConfig = admissionv1.WebhookClientConfig{}
		},
	}
	for field, widen := range cases {
		t.Run(field, func(t *testing.T) {
			mutate, _ := manifest(t)
			widen(mutate)
			errs := registration.CheckMutating(mutate, "inshore-system")
			if len(errs) != 1 || errs[0].Field != field {
				t.Errorf("got %v, want one error about %s", errs, field)
			}
		})
	}
}

func TestValidationMayFailOpen(t *testing.T) {
	_, validate := manifest(t)
	for i := range validate.Webhooks {
		validate.Webhooks[i].FailurePolicy = new(admissionv1.Ignore)
	}
	if errs := registration.CheckValidating(validate, "inshore-system"); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestAnotherNamespaceMustBeExcludedToo(t *testing.T) {
	_, validate := manifest(t)
	if errs := registration.CheckValidating(validate, "platform"); len(errs) != 2 {
		t.Errorf("got %v, want an error for each webhook: the selector excludes inshore-system only", errs)
	}
}
