package manifests_test

import (
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// overlays are the folders that people apply.
var overlays = []string{"agent", "cert-manager", "embedded", "fail-closed", "fail-open"}

// render builds an overlay as `kubectl apply -k` would and decodes every object
// into its API type. A field that the type does not have fails the test: the
// API server would drop it with no more than a warning.
func render(t *testing.T, overlay string) []client.Object {
	t.Helper()
	return renderFolder(t, "overlays/"+overlay)
}

func renderFolder(t *testing.T, folder string) []client.Object {
	t.Helper()
	kustomizer := krusty.MakeKustomizer(krusty.MakeDefaultOptions())
	resources, err := kustomizer.Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatalf("rendering %s: %v", folder, err)
	}
	decoder := strictDecoder(t)
	var objects []client.Object
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		if err != nil {
			t.Fatalf("%s: writing %s as YAML: %v", folder, resource.CurId(), err)
		}
		decoded, _, err := decoder.Decode(text, nil, nil)
		if err != nil {
			t.Fatalf("%s: decoding %s: %v\n%s", folder, resource.CurId(), err, text)
		}
		objects = append(objects, decoded.(client.Object))
	}
	return objects
}

func strictDecoder(t *testing.T) runtime.Decoder {
	t.Helper()
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, certmanager.AddToScheme, extensions.AddToScheme} {
		if err := add(known); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
}

// all is every object of one type.
func all[T client.Object](objects []client.Object) []T {
	var found []T
	for _, object := range objects {
		if typed, ok := object.(T); ok {
			found = append(found, typed)
		}
	}
	return found
}

// named is the one object of a type and name.
func named[T client.Object](t *testing.T, objects []client.Object, name string) T {
	t.Helper()
	for _, object := range all[T](objects) {
		if object.GetName() == name {
			return object
		}
	}
	var none T
	t.Fatalf("no %T named %q is rendered", none, name)
	return none
}

func TestAMisspeltFieldFails(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [], hostNetwrok: true}\n"
	if _, _, err := strictDecoder(t).Decode([]byte(pod), nil, nil); err == nil {
		t.Fatal("hostNetwrok was decoded without an error")
	}
}
