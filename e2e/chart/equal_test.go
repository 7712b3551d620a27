package chart

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// overlays are the values that stand for each.
var overlays = map[string]string{
	"embedded":     "",
	"cert-manager": "certificates: {mode: cert-manager}",
	"fail-open":    "failurePolicy: open",
	"fail-closed":  "failurePolicy: closed",
	"agent":        "agent: {enabled: true}",
}

const manifests = "../../manifests"

func TestTheChartGivesWhatEachOverlayGives(t *testing.T) {
	for overlay, values := range overlays {
		t.Run(overlay, func(t *testing.T) {
			got, want := byName(t, rendered(t, values)), byName(t, kustomized(t, overlay))
			for name := range got {
				forgetHelm(t, name, got[name])
			}
			// Helm can neither create the namespace that its release is recorded in nor
			// delete it with the release. NOTES.txt tells of its labels.
			if want["Namespace//inshore-system"] == nil {
				t.Error("the overlay has no namespace: the exception is not needed any more")
			}
			delete(want, "Namespace//inshore-system")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("kustomize (-) and Helm (+) differ:\n%s", diff)
			}
		})
	}
}

func TestEveryOverlayHasItsValues(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(manifests, "overlays"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff(names, slices.Sorted(maps.Keys(overlays))); diff != "" {
		t.Errorf("manifests/overlays (-) and the list of values (+) differ:\n%s", diff)
	}
}

// monitoring switches on what manifests/monitoring has.
const monitoring = "metrics: {serviceMonitor: {enabled: true}}\nalerts: {enabled: true}\ndashboards: {enabled: true}\n"

// Choices go together as components do.
func TestChoicesAreIndependent(t *testing.T) {
	folder := t.TempDir()
	absolute, err := filepath.Abs(manifests)
	if err != nil {
		t.Fatal(err)
	}
	// Kustomize wants relative paths.
	relative, err := filepath.Rel(folder, absolute)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("resources: [%[1]s/overlays/cert-manager, %[1]s/monitoring]\ncomponents: [%[1]s/components/agent, %[1]s/components/fail-closed]\n", relative)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	want := byName(t, build(t, folder))
	delete(want, "Namespace//inshore-system")
	got := byName(t, rendered(t, "certificates: {mode: cert-manager}\nfailurePolicy: closed\nagent: {enabled: true}\n"+monitoring))
	for name := range got {
		forgetHelm(t, name, got[name])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("kustomize (-) and Helm (+) differ:\n%s", diff)
	}
}

func kustomized(t *testing.T, overlay string) []map[string]any {
	t.Helper()
	return build(t, filepath.Join(manifests, "overlays", overlay))
}

func build(t *testing.T, folder string) []map[string]any {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	for _, resource := range resources.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}

func byName(t *testing.T, objects []map[string]any) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, object := range objects {
		u := unstructured.Unstructured{Object: object}
		name := u.GetKind() + "/" + u.GetNamespace() + "/" + u.GetName()
		if found[name] != nil {
			t.Errorf("%s is there twice", name)
		}
		found[name] = object
	}
	return found
}

// forgetHelm takes Helm's own labels and annotation away, which must be there.
func forgetHelm(t *testing.T, name string, object map[string]any) {
	t.Helper()
	for field, keys := range map[string][]string{
		"labels":      {"app.kubernetes.io/managed-by", "helm.sh/chart"},
		"annotations": {"helm.sh/resource-policy"},
	} {
		of, _, err := unstructured.NestedMap(object, "metadata", field)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if _, there := of[key]; !there && field == "labels" {
				t.Errorf("%s lacks label %s", name, key)
			}
			unstructured.RemoveNestedField(object, "metadata", field, key)
		}
	}
}
