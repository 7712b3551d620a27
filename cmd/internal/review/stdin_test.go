package review

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// helmOutput is what `helm template` writes: the template's name above each
// document, and none above the first line of some.
const helmOutput = `---
# Source: cache/templates/configmap.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: cache
---
# Source: cache/templates/service.yaml
apiVersion: v1
kind: Service
metadata:
  name: cache
  annotations:
    inshore.dev/node-local: required
spec:
  clusterIP: None
  selector:
    app: cache
---
apiVersion: v1
kind: Service
metadata:
  name: other
  annotations: {inshore.dev/node-local: required}
spec: {clusterIP: None, selector: {app: cache}}
`

// kustomizeOutput is what `kustomize build` writes: no comment and no first
// separator.
const kustomizeOutput = `apiVersion: v1
kind: Namespace
metadata:
  name: core
---
apiVersion: v1
kind: Service
metadata:
  annotations:
    inshore.dev/node-local: required
  name: cache
  namespace: core
spec:
  clusterIP: None
  selector:
    app: cache
`

// listOutput is what `kubectl get -o yaml` writes.
const listOutput = `apiVersion: v1
items:
- apiVersion: v1
  kind: Service
  metadata:
    annotations:
      inshore.dev/node-local: required
    name: cache
    namespace: core
  spec:
    clusterIP: None
    selector:
      app: cache
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: cache
kind: List
metadata:
  resourceVersion: ""
`

const jsonOutput = `{
  "apiVersion": "v1",
  "kind": "ServiceList",
  "items": [
    {
      "metadata": {"name": "cache", "namespace": "core", "annotations": {"inshore.dev/node-local": "required"}},
      "spec": {"clusterIP": "None", "selector": {"app": "cache"}}
    }
  ]
}
`

func TestStandardInput(t *testing.T) {
	for name, test := range map[string]struct {
		text    string
		objects int
		want    []Result // id, line, namespace, name, source
	}{
		"Helm's output names the templates": {helmOutput, 3, []Result{
			{ID: "ISH101", Line: 16, Namespace: "default", Name: "cache", Source: "cache/templates/service.yaml"},
			{ID: "ISH101", Line: 25, Namespace: "default", Name: "other"},
		}},
		"Helm's output with CRLF": {strings.ReplaceAll(helmOutput, "\n", "\r\n"), 3, []Result{
			{ID: "ISH101", Line: 16, Namespace: "default", Name: "cache", Source: "cache/templates/service.yaml"},
			{ID: "ISH101", Line: 25, Namespace: "default", Name: "other"},
		}},
		"kustomize's output":     {kustomizeOutput, 2, []Result{{ID: "ISH101", Line: 14, Namespace: "core", Name: "cache"}}},
		"kubectl's list":         {listOutput, 2, []Result{{ID: "ISH101", Line: 11, Namespace: "core", Name: "cache"}}},
		"kubectl's list in JSON": {jsonOutput, 1, []Result{{ID: "ISH101", Line: 7, Namespace: "core", Name: "cache"}}},
	} {
		t.Run(name, func(t *testing.T) {
			report := inText(t, test.text).Report()
			var got []Result
			for _, r := range report.Results {
				if r.ID == "ISH101" { // what else the rules say of these is not the matter
					got = append(got, Result{ID: r.ID, Line: r.Line, Namespace: r.Namespace, Name: r.Name, Source: r.Source})
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || report.Summary.Objects != test.objects {
				t.Errorf("%d objects, want %d; results (-want +got):\n%s", report.Summary.Objects, test.objects, diff)
			}
		})
	}
}

func TestTextNamesTheTemplate(t *testing.T) {
	outcome := inText(t, helmOutput)
	var b bytes.Buffer
	if err := outcome.Report().WriteText(&b, outcome.Source(), Style{}); err != nil {
		t.Fatal(err)
	}
	if want := "standard input:16 (cache/templates/service.yaml)  error  ISH101  Service default/cache\n  16 |   clusterIP: None\n"; !strings.Contains(b.String(), want) {
		t.Errorf("want %q in\n%s", want, b.String())
	}
}

// A document that cannot be read must be a failure in each format, at its line,
// beside what the others say.
func TestWhatCannotBeReadIsNeverClean(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	if err := os.WriteFile("a.yaml", []byte("apiVersion: v1\nkind: ConfigMap\n---\na: b: c\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	outcome, err := Run(t.Context(), config(t), []string{"a.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	report := outcome.Report()
	report.LeaveOut(report.Baseline())
	if err := report.KeepChanged(t.Context(), unchangedHistory{}); err != nil {
		t.Fatal(err)
	}
	if !report.Failed("error") {
		t.Fatalf("not failed: %+v", report)
	}
	for format, want := range map[Format]string{
		FormatText:     "a.yaml:4  error  ISH001\n",
		FormatJSON:     `"id": "ISH001"`,
		FormatSARIF:    `"ruleId": "ISH001"`,
		FormatJUnit:    `<failure type="ISH001"`,
		FormatGitHub:   "::error file=a.yaml,line=4,col=1,endColumn=8,title=ISH001::",
		FormatMarkdown: "| ❌ **error** | ISH001 ISH001's title |  | `a.yaml:4` |",
	} {
		var b bytes.Buffer
		if err := report.Write(&b, format, presentation(t, outcome)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: want %q in\n%s", format, want, b.String())
		}
		if strings.Contains(b.String(), "no violations") {
			t.Errorf("%s says that there are no violations:\n%s", format, b.String())
		}
	}
}
