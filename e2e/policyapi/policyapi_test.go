package policyapi

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/policycases"
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

var update = flag.Bool("update", false, "write the golden files again")

// start returns an API server that knows NodeLocalPolicies.
func start(t *testing.T) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Config{Name: "policyapi", Progress: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	crd := filepath.Join(root, "manifests", "base", "webhook", "inshore.dev_nodelocalpolicies.yaml")
	if _, err := c.Kubectl(t.Context(), "", "apply", "--server-side", "-f", crd); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Kubectl(t.Context(), "", "wait", "--for=condition=Established", "--timeout=60s", "-f", crd); err != nil {
		t.Fatal(err)
	}
	// kubectl explain reads what the API server publishes, which is behind.
	err = cluster.Wait(t.Context(), "the schema to be published", time.Minute, func(ctx context.Context) (bool, string, error) {
		_, err := c.Kubectl(ctx, "", "explain", "nodelocalpolicy.spec")
		return err == nil, "not yet", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAPIServer(t *testing.T) {
	c := start(t)
	cases, err := policycases.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range cases {
		t.Run(test.Name, func(t *testing.T) {
			requireVerdict(t, test, create(t, c, test.Policy))
		})
	}
	t.Run("what is absent is filled in", func(t *testing.T) { testDefaults(t, c) })
	t.Run("kubectl explains every field", func(t *testing.T) {
		golden(t, c, "explain.txt", "explain", "nodelocalpolicy.spec", "--recursive")
		golden(t, c, "explain-daemonsets.txt", "explain", "nodelocalpolicy.spec.daemonSets")
	})
	t.Run("kubectl lists what a policy does", func(t *testing.T) { testColumns(t, c) })
	if _, err := c.Kubectl(t.Context(), "", "delete", "nodelocalpolicies", "--all"); err != nil {
		t.Fatal(err)
	}
	run := runner(t, c)
	t.Run("what is planned is exact, and all there is to do", func(t *testing.T) { testPlan(t, c, run) })
	t.Run("the commands of docs/platform.md, and of the roll-out in docs/operations.md, work", func(t *testing.T) { testPages(t, run) })
}

// create creates a policy as kubectl does, and keeps nothing of it.
func create(t *testing.T, c *cluster.Cluster, policy string) error {
	t.Helper()
	return c.Client().CoreV1().RESTClient().Post().AbsPath("/apis/inshore.dev/v1alpha1/nodelocalpolicies").
		Param("dryRun", "All").Param("fieldValidation", "Strict").
		SetHeader("Content-Type", "application/yaml").Body([]byte(policy)).Do(t.Context()).Error()
}

func requireVerdict(t *testing.T, test policycases.Case, err error) {
	t.Helper()
	switch {
	case test.Field == "" && err != nil:
		t.Errorf("refused: %v", err)
	case test.Field != "" && err == nil:
		t.Errorf("accepted, want a refusal that names %s: %s", test.Field, test.Message)
	case test.Field != "" && !(strings.Contains(err.Error(), test.Field) && strings.Contains(err.Error(), test.Message)):
		t.Errorf("refused with\n%v\nwant %s: %s", err, test.Field, test.Message)
	}
}

func testDefaults(t *testing.T, c *cluster.Cluster) {
	apply(t, c, "least", "services: {nodeLocal: required}", "rollout: {}")
	var got v1alpha1.NodeLocalPolicy
	text, err := c.Kubectl(t.Context(), "", "get", "nodelocalpolicy", "least", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.NodeLocalPolicySpec{
		Services:    &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired},
		Enforcement: v1alpha1.EnforcementAudit, OptOut: v1alpha1.OptOutAllowed,
		Rollout: &v1alpha1.Rollout{ObjectsPerMinute: 60, MaxUnreadyDaemonSets: 1},
	}
	if diff := cmp.Diff(want, got.Spec); diff != "" {
		t.Errorf("the spec is not as it should be (-want +got):\n%s", diff)
	}
	// Who reads files has nobody to fill these in.
	if diff := cmp.Diff(*got.Spec.Rollout, (&v1alpha1.NodeLocalPolicySpec{}).RolloutOrDefault()); diff != "" {
		t.Errorf("RolloutOrDefault is not what the API server fills in:\n%s", diff)
	}
}

func testColumns(t *testing.T, c *cluster.Cluster) {
	apply(t, c, "everyone", "services: {nodeLocal: required}", "daemonSets: {nodeLocal: required}", "enforcement: Enforce", "priority: 10")
	const status = `{"status":{"observedGeneration":1,"matched":120,"enforced":80,"pending":37,"violating":3,"conditions":[` +
		`{"type":"Ready","status":"True","reason":"Followed","message":"","lastTransitionTime":"2026-11-22T12:00:00Z"},` +
		`{"type":"Progressing","status":"False","reason":"ViolationsRose","message":"3 objects break a rule","lastTransitionTime":"2026-11-22T12:00:00Z"}]}}`
	if _, err := c.Kubectl(t.Context(), "", "patch", "nodelocalpolicy", "everyone", "--subresource=status", "--type=merge", "-p", status); err != nil {
		t.Fatal(err)
	}
	golden(t, c, "get.txt", "get", "nlp")
	golden(t, c, "get-wide.txt", "get", "nlp", "-o", "wide")
}

func apply(t *testing.T, c *cluster.Cluster, name string, spec ...string) {
	t.Helper()
	policy := "apiVersion: inshore.dev/v1alpha1\nkind: NodeLocalPolicy\nmetadata: {name: " + name + "}\nspec:\n  " + strings.Join(spec, "\n  ") + "\n"
	if err := c.Apply(t.Context(), policy); err != nil {
		t.Fatal(err)
	}
}

// golden compares what kubectl prints, without the age.
func golden(t *testing.T, c *cluster.Cluster, file string, args ...string) {
	t.Helper()
	out, err := c.Kubectl(t.Context(), "", args...)
	if err != nil {
		t.Fatal(err)
	}
	if args[0] == "get" {
		out = withoutAge(out)
	}
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out); diff != "" {
		t.Errorf("kubectl %s prints something else than %s; if it should, run the test with -update:\n%s", strings.Join(args, " "), file, diff)
	}
}

// withoutAge drops the last column.
func withoutAge(table string) string {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	age := strings.Index(lines[0], "AGE")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line[:age], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}
