package manifests_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func TestEveryOverlayIsTested(t *testing.T) {
	entries, err := os.ReadDir("overlays")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(overlays, entry.Name()) {
			t.Errorf("overlays/%s is not in the list that the tests render", entry.Name())
		}
	}
}

func TestOverlays(t *testing.T) {
	tests := map[string]struct {
		overlay  string
		args     []string
		absent   string
		mutate   admission.FailurePolicyType
		validate admission.FailurePolicyType
	}{
		"the embedded overlay keeps its own CA": {
			overlay: "embedded", args: []string{"--cert-mode=embedded"}, absent: "--cert-dir", mutate: admission.Ignore, validate: admission.Fail,
		},
		"the cert-manager overlay reads mounted files": {
			overlay: "cert-manager", args: []string{"--cert-mode=files", "--cert-dir=/tls"}, absent: "embedded", mutate: admission.Ignore, validate: admission.Fail,
		},
		"the agent overlay is the embedded one with the readiness gate by default": {
			overlay: "agent", args: []string{"--cert-mode=embedded", "--readiness-gate=agent"}, absent: "--cert-dir", mutate: admission.Ignore, validate: admission.Fail,
		},
		"the fail-closed overlay is the embedded one with mutation that fails": {
			overlay: "fail-closed", args: []string{"--cert-mode=embedded"}, absent: "--cert-dir", mutate: admission.Fail, validate: admission.Fail,
		},
		"the fail-open overlay is the embedded one with validation ignored": {
			overlay: "fail-open", args: []string{"--cert-mode=embedded"}, absent: "--cert-dir", mutate: admission.Ignore, validate: admission.Ignore,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			objects := render(t, test.overlay)
			container := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec.Containers[0]
			for _, arg := range append(test.args, "--listen=:9443") {
				if !slices.Contains(container.Args, arg) {
					t.Errorf("args %q lack %s", container.Args, arg)
				}
			}
			if joined := strings.Join(container.Args, " "); strings.Contains(joined, test.absent) {
				t.Errorf("args %q contain %s", container.Args, test.absent)
			}
			if want := "ghcr.io/inshore-dev/inshore-webhook:v0.1.0"; container.Image != want {
				t.Errorf("image is %s, want %s", container.Image, want)
			}
			for _, webhook := range named[*admission.MutatingWebhookConfiguration](t, objects, "inshore-mutate").Webhooks {
				if *webhook.FailurePolicy != test.mutate {
					t.Errorf("%s: failurePolicy %s, want %s", webhook.Name, *webhook.FailurePolicy, test.mutate)
				}
			}
			for _, webhook := range named[*admission.ValidatingWebhookConfiguration](t, objects, "inshore-validate").Webhooks {
				if *webhook.FailurePolicy != test.validate {
					t.Errorf("%s: failurePolicy %s, want %s", webhook.Name, *webhook.FailurePolicy, test.validate)
				}
			}
		})
	}
}

func TestNamesAndLabels(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			for _, object := range render(t, overlay) {
				for _, problem := range misplaced(object) {
					t.Errorf("%T %s: %s", object, object.GetName(), problem)
				}
			}
		})
	}
}

// What would refuse objects without the rest must be deleted before the rest, and
// kubectl deletes in the order of the list.
func TestConfigurationsAreDeletedFirst(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			for _, object := range render(t, overlay)[:2] {
				switch object.(type) {
				case *admission.MutatingWebhookConfiguration, *admission.ValidatingWebhookConfiguration:
				default:
					t.Errorf("%T %s comes before a webhook configuration", object, object.GetName())
				}
			}
		})
	}
}

// misplaced says what keeps an object from being found and removed with the
// rest of the installation.
func misplaced(object client.Object) []string {
	var problems []string
	if namespace := object.GetNamespace(); !slices.Contains([]string{"", "inshore-system", "inshore-agent"}, namespace) {
		problems = append(problems, "is in namespace "+namespace)
	}
	ours := strings.HasPrefix(object.GetName(), "inshore-") || strings.HasSuffix(object.GetName(), ".inshore.dev")
	if !ours && object.GetName() != "default-deny" {
		problems = append(problems, "is not named inshore-…")
	}
	if object.GetLabels()["app.kubernetes.io/part-of"] != "inshore" {
		problems = append(problems, "lacks app.kubernetes.io/part-of: inshore")
	}
	if !strings.HasPrefix(object.GetLabels()["app.kubernetes.io/name"], "inshore") {
		problems = append(problems, "lacks app.kubernetes.io/name")
	}
	return problems
}

// What selects the webhook's pods must select them, and a port that is named
// must exist: nothing else reports a typo in either.
func TestSelectorsAndPorts(t *testing.T) {
	objects := render(t, "embedded")
	deployment := named[*apps.Deployment](t, objects, "inshore-webhook")
	ports := map[string]int32{}
	for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
		ports[port.Name] = port.ContainerPort
	}
	services := map[string]struct{ port, container int32 }{
		"inshore-webhook":         {443, 9443},
		"inshore-webhook-metrics": {8080, 8080},
	}
	for name, want := range services {
		service := named[*core.Service](t, objects, name)
		requireSelects(t, service, service.Spec.Selector, deployment.Spec.Template.Labels)
		port := service.Spec.Ports[0]
		if port.Port != want.port || ports[port.TargetPort.StrVal] != want.container {
			t.Errorf("%s: %d goes to %d, want %d to %d", name, port.Port, ports[port.TargetPort.StrVal], want.port, want.container)
		}
	}
	requireSelects(t, deployment, deployment.Spec.Selector.MatchLabels, deployment.Spec.Template.Labels)
	budget := named[*policy.PodDisruptionBudget](t, objects, "inshore-webhook")
	requireSelects(t, budget, budget.Spec.Selector.MatchLabels, deployment.Spec.Template.Labels)
	ours := named[*networking.NetworkPolicy](t, objects, "inshore-webhook")
	requireSelects(t, ours, ours.Spec.PodSelector.MatchLabels, deployment.Spec.Template.Labels)
	for _, constraint := range deployment.Spec.Template.Spec.TopologySpreadConstraints {
		requireSelects(t, deployment, constraint.LabelSelector.MatchLabels, deployment.Spec.Template.Labels)
	}
}

func requireSelects(t *testing.T, object client.Object, selector, labels map[string]string) {
	t.Helper()
	if len(selector) == 0 {
		t.Errorf("%T %s selects everything", object, object.GetName())
	}
	for key, value := range selector {
		if labels[key] != value {
			t.Errorf("%T %s selects %s=%s, which pods do not have: %v", object, object.GetName(), key, value, labels)
		}
	}
}
