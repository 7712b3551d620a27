package native

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// StaticSince is the first Kubernetes that reads admission policies from files
// (KEP-5793, alpha, feature gate ManifestBasedAdmissionControlConfig).
var StaticSince = v1alpha1.Version{Major: 1, Minor: 36}

// StaticHeader begins every file of [Policies.Static], so that files of
// somebody else's are told from ours.
const StaticHeader = "# Written by `inshore native --static`"

// staticSuffix ends the name of everything that comes from files. An API server
// with the feature refuses it to objects that come by its API.
const staticSuffix = ".static.k8s.io"

// admissionConfiguration is the name of the file that --admission-control-config-file names.
const admissionConfiguration = "admission-configuration.yaml"

// File is one file of a static rendering.
type File struct {
	// Name is relative, with slashes.
	Name string
	Text []byte
}

// plugin is an admission plugin of the API server that reads policies from a folder.
type plugin struct {
	// Name is the plugin's, and that of the kind of its policies.
	name string
	// folder holds its files, and nothing that belongs to another plugin: an
	// API server refuses to start over such a file.
	folder string
}

var plugins = []plugin{
	{"MutatingAdmissionPolicy", "mutating-policies"},
	{"ValidatingAdmissionPolicy", "validating-policies"},
}

// Static renders the policies for API servers that read them from files (KEP-5793,
// Kubernetes 1.36): they are in force before the first request is answered, need
// nothing of etcd, and nobody can change them by the API. at is the absolute path
// under which API servers find the files.
//
// A plugin's policies are one file: an API server follows its folder, and what it
// reads between two writes should not be half of one rendering and half of
// another. It keeps the last good files, but does not start with bad ones.
//
// The error is for policies that were rendered for an older Kubernetes, whose
// files cannot say what is meant: only admissionregistration.k8s.io/v1 is read.
func (p *Policies) Static(at string) ([]File, error) {
	if !path.IsAbs(at) {
		return nil, fmt.Errorf("API servers want an absolute path of the policies' folder, got %q", at)
	}
	objects, err := p.manifests()
	if err != nil {
		return nil, err
	}
	files := []File{{admissionConfiguration, configuration(at)}}
	for _, plugin := range plugins {
		text, err := plugin.file(objects, p.header(StaticHeader+": Inshore's mutations and rules, for API servers to read from this file."))
		if err != nil {
			return nil, err
		}
		files = append(files, File{path.Join(plugin.folder, "inshore.yaml"), text})
	}
	return files, nil
}

// file is what the plugin reads of the objects.
func (p plugin) file(objects []map[string]any, header string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString(header)
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	found := 0
	for _, object := range objects {
		if kind := object["kind"].(string); kind != p.name && kind != p.name+"Binding" {
			continue
		}
		if version := object["apiVersion"]; version != group+"/v1" {
			return nil, fmt.Errorf("a %s of %v cannot be read from a file: render for Kubernetes %v or later", object["kind"], version, StaticSince)
		}
		rename(object)
		if err := encoder.Encode(object); err != nil {
			return nil, fmt.Errorf("writing YAML: %w", err)
		}
		found++
	}
	if found == 0 {
		return nil, fmt.Errorf("there is no %s to be read from a file: render for Kubernetes %v or later", p.name, StaticSince)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("writing YAML: %w", err)
	}
	return out.Bytes(), nil
}

// rename gives the object, and the policy that a binding names, the suffix.
func rename(object map[string]any) {
	metadata := object["metadata"].(map[string]any)
	metadata["name"] = metadata["name"].(string) + staticSuffix
	spec := object["spec"].(map[string]any)
	if policy, is := spec["policyName"].(string); is {
		spec["policyName"] = policy + staticSuffix
	}
}

// configuration is the AdmissionConfiguration. It is written as text, for the
// sake of its comments.
func configuration(at string) []byte {
	var out strings.Builder
	out.WriteString(StaticHeader + `: start every API server (1.36 or later) with
#
#   --feature-gates=ManifestBasedAdmissionControlConfig=true
#   --admission-control-config-file=` + path.Join(at, admissionConfiguration) + `
#
# and give it the folders below, read-only. An API server takes one such file: if
# yours has one, add the plugins to it. What is written to the folders later is
# followed without a restart; a bad file then changes nothing (see the metric
# apiserver_manifest_admission_config_controller_automatic_reloads_total), but
# an API server does not start with one. Before going back to Kubernetes 1.35 or
# turning the gate off, take the plugins out.
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
`)
	for _, plugin := range plugins {
		fmt.Fprintf(&out, `  - name: %[1]s
    configuration:
      apiVersion: apiserver.config.k8s.io/v1
      kind: %[1]sConfiguration
      staticManifestsDir: %[2]q
`, plugin.name, path.Join(at, plugin.folder))
	}
	return []byte(out.String())
}
