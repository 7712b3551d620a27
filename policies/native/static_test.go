package native

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
)

func rendering(t *testing.T, version v1alpha1.Version) *Policies {
	t.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := Render(Config{Rules: engine.Rules(), Platform: v1alpha1.Platform{Kubernetes: version}})
	if err != nil {
		t.Fatal(err)
	}
	return rendered
}

// The API server's own reader is asked in e2e/apiserver; these are its demands
// (KEP-5793), by file.
func TestStaticFilesMeetTheReadersDemands(t *testing.T) {
	rendered := rendering(t, StaticSince)
	files, err := rendered.Static("/etc/inshore")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, file := range files {
		if !bytes.HasPrefix(file.Text, []byte(StaticHeader)) {
			t.Errorf("%s does not say where it comes from", file.Name)
		}
		for _, plugin := range plugins {
			if strings.HasPrefix(file.Name, plugin.folder+"/") {
				total += demand(t, plugin, file)
			}
		}
	}
	if total != len(rendered.Objects) {
		t.Errorf("%d objects in files, %d rendered", total, len(rendered.Objects))
	}
}

// demand returns how many objects the file has.
func demand(t *testing.T, plugin plugin, file File) (found int) {
	names := map[string]bool{}
	decoder := yaml.NewDecoder(bytes.NewReader(file.Text))
	for {
		var object struct {
			APIVersion string `yaml:"apiVersion"`
			Kind       string `yaml:"kind"`
			Metadata   struct{ Name string }
			Spec       map[string]any
		}
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found++
		if !strings.HasPrefix(object.Kind, plugin.name) || object.APIVersion != "admissionregistration.k8s.io/v1" {
			t.Errorf("%s holds a %s of %s", file.Name, object.Kind, object.APIVersion)
		}
		if !strings.HasSuffix(object.Metadata.Name, ".static.k8s.io") || object.Spec["paramKind"] != nil || object.Spec["paramRef"] != nil {
			t.Errorf("%s %s: wrong name, or parameters", object.Kind, object.Metadata.Name)
		}
		if policy, binds := object.Spec["policyName"]; !binds {
			names[object.Metadata.Name] = true
		} else if !names[policy.(string)] {
			t.Errorf("%s %s binds %s, which is not in the file", object.Kind, object.Metadata.Name, policy)
		}
	}
}

func TestStaticFilesChangeNothingOfTheRendering(t *testing.T) {
	rendered := rendering(t, StaticSince)
	var before, after bytes.Buffer
	for _, w := range []*bytes.Buffer{&before, &after} {
		if err := rendered.WriteYAML(w); err != nil {
			t.Fatal(err)
		}
		if _, err := rendered.Static("/etc/inshore"); err != nil {
			t.Fatal(err)
		}
	}
	if before.String() != after.String() {
		t.Error("what is applied has other names once files were written")
	}
}

func TestStaticFilesAreRefusedWhereTheyCannotBeMeant(t *testing.T) {
	for name, test := range map[string]struct {
		version v1alpha1.Version
		at      string
	}{
		"if mutation is v1beta1, which no file may be":    {v1alpha1.Version{Major: 1, Minor: 35}, "/etc/inshore"},
		"if the cluster knows no mutation by policy":      {v1alpha1.Version{Major: 1, Minor: 30}, "/etc/inshore"},
		"if the folder is not where a server can find it": {StaticSince, "etc/inshore"},
	} {
		t.Run(name, func(t *testing.T) {
			if files, err := rendering(t, test.version).Static(test.at); err == nil {
				t.Errorf("%d files and no error", len(files))
			}
		})
	}
}
