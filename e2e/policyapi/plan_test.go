package policyapi

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// shop has a daemon that nobody opted in, and what policies leave alone.
const shop = `
apiVersion: v1
kind: Namespace
metadata: {name: core}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cache, namespace: core}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      containers: [{name: cache, image: cache, readinessProbe: {tcpSocket: {port: 80}}}]
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: core, annotations: {example.com/team: "~/core"}}
spec: {selector: {app: cache}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: core}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: core}
spec: {selector: {app: web}, ports: [{port: 80}]}
`

// planned is what is read of a plan's JSON.
type planned struct {
	Policies []struct {
		Name    string
		Follows int
		Changes []struct {
			Kind, Namespace, Name string
			Undo                  bool
			Patch                 json.RawMessage
		}
	}
}

// testPlan has the patches of a plan written by hand: they are exact, nothing is
// left to do after them, and those of the undo bring back what was.
func testPlan(t *testing.T, c *cluster.Cluster, run func(string) string) {
	if err := c.Apply(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	before := objects(t, c)
	if got := write(t, c, run("inshore plan -f examples/policy/everyone.yaml -o json")); got != "DaemonSet core/cache, Service core/cache" {
		t.Errorf("planned are %s", got)
	}
	run("kubectl apply -f examples/policy/everyone.yaml")
	run(`kubectl patch nodelocalpolicy everyone --type=merge -p '{"spec":{"enforcement":"Enforce"}}'`)
	if out := run("inshore plan --exit-code"); !strings.Contains(out, "holds for 2 objects: 2 follow it") || !strings.Contains(out, "Nothing to change") {
		t.Errorf("after its patches the plan is\n%s", out)
	}
	if got := write(t, c, run("inshore plan --delete everyone -o json")); got != "Service core/cache, DaemonSet core/cache" {
		t.Errorf("to undo are %s", got)
	}
	run("kubectl delete nodelocalpolicy everyone")
	if diff := cmp.Diff(before, objects(t, c)); diff != "" {
		t.Errorf("after the undo not all is as before:\n%s", diff)
	}
}

// write sends the patches of a plan and returns what was changed, in its order.
func write(t *testing.T, c *cluster.Cluster, plan string) string {
	t.Helper()
	var p planned
	if err := json.Unmarshal([]byte(plan), &p); err != nil {
		t.Fatalf("%v in %s", err, plan)
	}
	var done []string
	for _, policy := range p.Policies {
		for _, change := range policy.Changes {
			if _, err := c.Kubectl(t.Context(), "", "patch", change.Kind, change.Name, "-n", change.Namespace, "--type=json", "-p", string(change.Patch)); err != nil {
				t.Fatal(err)
			}
			done = append(done, change.Kind+" "+change.Namespace+"/"+change.Name)
		}
	}
	return strings.Join(done, ", ")
}

// objects are those of namespace core without what every write changes.
func objects(t *testing.T, c *cluster.Cluster) []unstructured.Unstructured {
	t.Helper()
	text, err := c.Kubectl(t.Context(), "", "get", "services,daemonsets,deployments", "-n", "core", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var list unstructured.UnstructuredList
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		for _, field := range []string{"generation", "resourceVersion", "managedFields"} {
			unstructured.RemoveNestedField(list.Items[i].Object, "metadata", field)
		}
		unstructured.RemoveNestedField(list.Items[i].Object, "metadata", "annotations", "deprecated.daemonset.template.generation")
	}
	return list.Items
}

// runner returns what runs a line of the documentation at the root of the
// repository against the cluster. Only success will do.
func runner(t *testing.T, c *cluster.Cluster) func(line string) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := cluster.BuildGo(t.Context(), "./cmd/inshore")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, target := range map[string]string{"inshore": binary, "kubectl": c.KubectlPath()} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	return func(line string) string {
		t.Helper()
		command := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "go run ./cmd/inshore ", "inshore ", 1))
		command.Dir = root
		command.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig(), "PATH="+folder+":"+os.Getenv("PATH"))
		var out, complaints bytes.Buffer
		command.Stdout, command.Stderr = &out, &complaints
		if err := command.Run(); err != nil {
			t.Fatalf("%s: %v: %s%s", line, err, &complaints, &out)
		}
		return out.String()
	}
}

// typed is a line that somebody may type.
var typed = regexp.MustCompile(`(?m)^ {4,6}((?:go run ./cmd/inshore|kubectl) .*)$`)

// testPages runs what the pages about policies show, in their order.
func testPages(t *testing.T, run func(line string) string) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range []struct {
		name, from, to string
	}{
		{"platform.md", "# Enforce it for everybody", ""},
		{"operations.md", "## Roll out to everyone, step by step", "## What happens when a part is down, slow or wrong"},
	} {
		text, err := os.ReadFile(filepath.Join(root, "docs", page.name))
		if err != nil {
			t.Fatal(err)
		}
		_, section, found := strings.Cut(string(text), page.from+"\n")
		if page.to != "" {
			var ends bool
			section, _, ends = strings.Cut(section, page.to+"\n")
			found = found && ends
		}
		commands := typed.FindAllStringSubmatch(section, -1)
		if !found || len(commands) == 0 {
			t.Errorf("docs/%s shows no command from %q on", page.name, page.from)
		}
		for _, match := range commands {
			run(match[1])
		}
	}
}
