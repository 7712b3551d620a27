package chart

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

const helmVersion = "v4.3.1"

// The program, the chart, and a home for what Helm writes.
var helmPath, chartPath, helmHome string

func TestMain(m *testing.M) {
	code, err := prepare(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func prepare(m *testing.M) (code int, err error) {
	if helmPath, err = cluster.InstallGo(context.Background(), "helm.sh/helm/v4/cmd/helm", helmVersion); err != nil {
		return 0, err
	}
	root, err := cluster.Root()
	if err != nil {
		return 0, err
	}
	chartPath = filepath.Join(root, "manifests", "chart", "inshore")
	if helmHome, err = os.MkdirTemp("", "inshore-helm-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(helmHome)
	return m.Run(), nil
}

// run runs Helm; kubeconfig may be empty for what asks no cluster.
func run(ctx context.Context, stdin, kubeconfig string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, helmPath, args...)
	for _, home := range []string{"CACHE", "CONFIG", "DATA"} {
		command.Env = append(command.Env, "HELM_"+home+"_HOME="+helmHome)
	}
	command.Env = append(command.Env, "PATH="+os.Getenv("PATH"), "HOME="+helmHome, "KUBECONFIG="+kubeconfig)
	var out, complaints bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &out, &complaints
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, complaints.String())
	}
	return out.String(), nil
}

// The oldest version of Kubernetes that the chart takes, and the one that is current.
const (
	oldest  = "v1.30.0"
	current = "v1.36.3"
)

// render renders the chart with values, which are YAML.
func render(t *testing.T, kubeVersion, values string) ([]map[string]any, error) {
	t.Helper()
	// Not by a file: its path would hold the test's name, and Helm splits paths at commas.
	out, err := run(t.Context(), values, "", "template", "inshore", chartPath, "--namespace", "inshore-system", "--kube-version", kubeVersion, "--values", "-")
	if err != nil {
		return nil, err
	}
	var objects []map[string]any
	for _, document := range strings.Split("\n"+out, "\n---\n") {
		var object map[string]any
		if err := yaml.UnmarshalStrict([]byte(document), &object); err != nil {
			t.Fatalf("what Helm renders is no YAML: %v\n%s", err, document)
		}
		if object != nil {
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// rendered is render where nothing may fail.
func rendered(t *testing.T, values string) []map[string]any {
	t.Helper()
	objects, err := render(t, current, values)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}
