package cli

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// What kustomize itself renders of an example is reviewed as the example is.
func TestKustomizeOutputOnStandardInput(t *testing.T) {
	files := filesys.MakeFsInMemory()
	for name, text := range map[string]string{
		"base/kustomization.yaml":    "resources: [proxy.yaml, cache.yaml]\n",
		"base/proxy.yaml":            string(mustRead(t, examples+"/good/memcached-proxy.yaml")),
		"base/cache.yaml":            violating,
		"overlay/kustomization.yaml": "namespace: production\nnamePrefix: prod-\nresources: [../base]\n",
	} {
		if err := files.WriteFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(files, "overlay")
	if err != nil {
		t.Fatal(err)
	}
	text, err := rendered.AsYaml()
	if err != nil {
		t.Fatal(err)
	}
	got := inshore(t, string(text), "review", "-")
	if got.code != 1 || !strings.Contains(got.out, "ISH101  Service production/prod-a") || !strings.Contains(got.out, "1 error, 0 warnings") {
		t.Errorf("exit code %d, want one error about production/prod-a:\n%s\n%s", got.code, got.out, text)
	}
}
