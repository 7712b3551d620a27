package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"
)

func TestLint(t *testing.T) {
	for _, values := range []string{"agent.enabled=false", "agent.enabled=true,certificates.mode=cert-manager,failurePolicy=closed,metrics.serviceMonitor.enabled=true"} {
		for _, version := range []string{oldest, current} {
			out, err := run(t.Context(), "", "", "lint", "--strict", "--namespace", "inshore-system", "--kube-version", version, "--set", values, chartPath)
			if err != nil {
				t.Errorf("with %s on %s: %v\n%s", values, version, err, out)
			}
		}
	}
}

func TestVersionsOfKubernetes(t *testing.T) {
	min, err := render(t, oldest, "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(min, rendered(t, "")); diff != "" {
		t.Errorf("on %s (-) and %s (+) objects differ:\n%s", oldest, current, diff)
	}
	if _, err := render(t, "v1.29.9", ""); err == nil || !strings.Contains(err.Error(), "incompatible with Kubernetes v1.29.9") {
		t.Errorf("on 1.29 the error is %v", err)
	}
	if _, err := render(t, "v1.30.4-gke.100", ""); err != nil {
		t.Errorf("a provider's own version is refused: %v", err)
	}
}

func TestAnotherNamespaceIsRefused(t *testing.T) {
	_, err := run(t.Context(), "", "", "template", "inshore", chartPath, "--namespace", "platform")
	if err == nil || !strings.Contains(err.Error(), "inshore-system only, not platform: add --namespace inshore-system --create-namespace") {
		t.Errorf("the error is %v", err)
	}
}

// A chart that rendered something else each time would replace pods for nothing.
func TestRenderingIsRepeatable(t *testing.T) {
	const values = "agent: {enabled: true}"
	if diff := cmp.Diff(rendered(t, values), rendered(t, values)); diff != "" {
		t.Errorf("the second rendering differs:\n%s", diff)
	}
}

func TestTheVersionIsThatOfTheManifests(t *testing.T) {
	var chart struct{ AppVersion string }
	read(t, filepath.Join(chartPath, "Chart.yaml"), &chart)
	var base struct{ Images []struct{ NewTag string } }
	read(t, filepath.Join(manifests, "base", "kustomization.yaml"), &base)
	if chart.AppVersion != base.Images[0].NewTag {
		t.Errorf("appVersion is %s, manifests/base has %s", chart.AppVersion, base.Images[0].NewTag)
	}
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = yaml.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
