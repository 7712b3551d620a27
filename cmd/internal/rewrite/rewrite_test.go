package rewrite

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/webhook/mutate"
)

// patch reads operations as people write them: "op pointer value" on each line.
func patch(t testing.TB, object int, text string) Patch {
	t.Helper()
	p := Patch{Object: object}
	for line := range strings.Lines(text) {
		op, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		pointer, value, _ := strings.Cut(rest, " ")
		operation := mutate.Operation{Op: op, Path: pointer}
		if value != "" {
			operation.Value = json.RawMessage(value)
		}
		p.Operations = append(p.Operations, operation)
	}
	return p
}

const (
	addLocal = `add /spec/internalTrafficPolicy "Local"`
	addSurge = `add /spec/updateStrategy {"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":0,"maxSurge":1}}`
	addSleep = `add /spec/template/spec/containers/0/lifecycle {"preStop":{"sleep":{"seconds":15}}}`
	addGate  = `add /spec/template/spec/readinessGates [{"conditionType":"inshore.dev/routed"}]`
	nextGate = `add /spec/template/spec/readinessGates/- {"conditionType":"inshore.dev/routed"}`
	service  = "apiVersion: v1\nkind: Service\n"
	daemon   = "apiVersion: apps/v1\nkind: DaemonSet\n"
)

func TestFieldsAreWrittenInTheStyleOfTheFile(t *testing.T) {
	for name, test := range map[string]struct{ patch, before, after string }{
		"in front of the selector": {
			addLocal,
			service + "spec:\n  type: ClusterIP\n  selector:\n    a: b\n",
			service + "spec:\n  type: ClusterIP\n  internalTrafficPolicy: Local\n  selector:\n    a: b\n",
		},
		"in front of the selector's comment": {
			addLocal,
			service + "spec:\n  type: ClusterIP # inside\n\n  # by label\n  selector:\n    a: b\n",
			service + "spec:\n  type: ClusterIP # inside\n  internalTrafficPolicy: Local\n\n  # by label\n  selector:\n    a: b\n",
		},
		"first of all, above the comment of the field that was": {
			addLocal,
			service + "spec: # what\n  # by label\n  selector:\n    a: b\n",
			service + "spec: # what\n  internalTrafficPolicy: Local\n  # by label\n  selector:\n    a: b\n",
		},
		"behind the last field and in front of what follows": {
			addLocal,
			service + "spec:\n  clusterIP: 10.0.0.1\n  # ipFamilies: [IPv4]\n\nstatus: {}\n",
			service + "spec:\n  clusterIP: 10.0.0.1\n  internalTrafficPolicy: Local\n  # ipFamilies: [IPv4]\n\nstatus: {}\n",
		},
		"at the end of a text without a last line break": {
			addLocal,
			service + "spec:\n  clusterIP: 10.0.0.1",
			service + "spec:\n  clusterIP: 10.0.0.1\n  internalTrafficPolicy: Local",
		},
		"with the line breaks of Windows": {
			addLocal,
			strings.ReplaceAll(service+"spec:\n  clusterIP: a\n  selector: {a: b}\n", "\n", "\r\n"),
			strings.ReplaceAll(service+"spec:\n  clusterIP: a\n  internalTrafficPolicy: Local\n  selector: {a: b}\n", "\n", "\r\n"),
		},
		"with those of Windows and without a last one": {
			addLocal,
			strings.ReplaceAll(service+"spec:\n  clusterIP: a", "\n", "\r\n"),
			strings.ReplaceAll(service+"spec:\n  clusterIP: a\n  internalTrafficPolicy: Local", "\n", "\r\n"),
		},
		"behind a byte order mark": {
			addLocal,
			"\ufeff" + service + "spec:\n  selector: {a: b}\n",
			"\ufeff" + service + "spec:\n  internalTrafficPolicy: Local\n  selector: {a: b}\n",
		},
		"behind characters of several bytes": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "spec: {\"ключ\": \"значение\", internalTrafficPolicy: Cluster}\n",
			service + "spec: {\"ключ\": \"значение\", internalTrafficPolicy: Local}\n",
		},
		"in the document that is meant, between markers and directives": {
			addLocal,
			"%YAML 1.1\n---\n" + service + "spec:\n  selector: {a: b}\n...\n# next\n---\nother: 1\n",
			"%YAML 1.1\n---\n" + service + "spec:\n  internalTrafficPolicy: Local\n  selector: {a: b}\n...\n# next\n---\nother: 1\n",
		},
		"in front of the document's end": {
			addLocal,
			service + "spec:\n  clusterIP: a\n...\n",
			service + "spec:\n  clusterIP: a\n  internalTrafficPolicy: Local\n...\n",
		},
		"in front of the end of a document that ends in a literal": {
			addLocal,
			service + "spec:\n  note: |-\n    text\n...\n",
			service + "spec:\n  note: |-\n    text\n  internalTrafficPolicy: Local\n...\n",
		},
		"behind a literal and the blank lines that it keeps": {
			addLocal,
			service + "spec:\n  note: |+\n    # no comment\n\n    text\n\n\n# comment\n---\na: b\n",
			service + "spec:\n  note: |+\n    # no comment\n\n    text\n\n\n  internalTrafficPolicy: Local\n# comment\n---\na: b\n",
		},
		"behind a literal whose last line looks like a comment": {
			addLocal,
			service + "spec:\n  note: >-\n    text\n    # no comment\n\n  # comment\n",
			service + "spec:\n  note: >-\n    text\n    # no comment\n  internalTrafficPolicy: Local\n\n  # comment\n",
		},
		"behind a literal whose last line is blanks": {
			addLocal,
			service + "spec:\n  note: |-\n    text\n      \n    \n  selector: {a: b}\n",
			service + "spec:\n  note: |-\n    text\n      \n  internalTrafficPolicy: Local\n    \n  selector: {a: b}\n",
		},
		"in front of a literal that ends with the text, without a line break": {
			addLocal,
			service + "spec:\n  type: ClusterIP\n  # last\n  note: |\n    text",
			service + "spec:\n  type: ClusterIP\n  internalTrafficPolicy: Local\n  # last\n  note: |\n    text",
		},
		"behind a quoted scalar whose last line looks like a comment": {
			addLocal,
			service + "spec:\n  note: \"text\n    # no comment\"\n",
			service + "spec:\n  note: \"text\n    # no comment\"\n  internalTrafficPolicy: Local\n",
		},
		"behind a plain scalar over several lines": {
			addLocal,
			service + "spec:\n  note: some\n    more\n\n    text\n",
			service + "spec:\n  note: some\n    more\n\n    text\n  internalTrafficPolicy: Local\n",
		},
		"where keys are in double quotes": {
			addLocal,
			"\"apiVersion\": \"v1\"\n\"kind\": \"Service\"\n\"spec\":\n  \"selector\": {\"a\": \"b\"}\n",
			"\"apiVersion\": \"v1\"\n\"kind\": \"Service\"\n\"spec\":\n  \"internalTrafficPolicy\": \"Local\"\n  \"selector\": {\"a\": \"b\"}\n",
		},
		"over a plain value": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "spec:\n  internalTrafficPolicy: Cluster # why not\n  selector: {a: b}\n",
			service + "spec:\n  internalTrafficPolicy: Local # why not\n  selector: {a: b}\n",
		},
		"over a value in single quotes": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "spec:\n  internalTrafficPolicy:   'Cluster'\n",
			service + "spec:\n  internalTrafficPolicy:   'Local'\n",
		},
		"over a value in double quotes": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "spec:\n  internalTrafficPolicy: \"Clust\\u0065r\"\n",
			service + "spec:\n  internalTrafficPolicy: \"Local\"\n",
		},
		"over a null that is not written": {
			addLocal,
			service + "spec:\n  internalTrafficPolicy: # to do\n  selector: {a: b}\n",
			service + "spec:\n  internalTrafficPolicy: Local # to do\n  selector: {a: b}\n",
		},
		"over a null that is": {
			addLocal,
			service + "spec:\n  internalTrafficPolicy: ~\n",
			service + "spec:\n  internalTrafficPolicy: Local\n",
		},
		"over an alias, which leaves its anchor": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "metadata:\n  labels: {a: &c Cluster}\nspec:\n  internalTrafficPolicy: *c\n",
			service + "metadata:\n  labels: {a: &c Cluster}\nspec:\n  internalTrafficPolicy: Local\n",
		},
		"over a value that a merge brings": {
			`replace /spec/internalTrafficPolicy "Local"`,
			service + "x: &x {internalTrafficPolicy: Cluster}\nspec:\n  <<: *x\n  selector: {a: b}\n",
			service + "x: &x {internalTrafficPolicy: Cluster}\nspec:\n  <<: *x\n  internalTrafficPolicy: Local\n  selector: {a: b}\n",
		},
		"below an anchor that nothing uses": {
			addLocal,
			service + "spec: &spec\n  selector: {a: b}\n",
			service + "spec: &spec\n  internalTrafficPolicy: Local\n  selector: {a: b}\n",
		},
		"a mapping, indented as its neighbours are": {
			addSurge,
			daemon + "spec:\n   selector:\n      matchLabels:\n         a: b\n   template: {}\n",
			daemon + "spec:\n   selector:\n      matchLabels:\n         a: b\n   updateStrategy:\n      type: RollingUpdate\n      rollingUpdate:\n         maxUnavailable: 0\n         maxSurge: 1\n   template: {}\n",
		},
		"a mapping over null": {
			addSurge,
			daemon + "spec:\n  updateStrategy: null # later\n  template: {}\n",
			daemon + "spec:\n  updateStrategy: # later\n    type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1\n  template: {}\n",
		},
		"a mapping over nothing at the end of the text": {
			addSurge,
			daemon + "spec:\n  updateStrategy:",
			daemon + "spec:\n  updateStrategy:\n    type: RollingUpdate\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1",
		},
		"fields into an empty mapping": {
			"add /spec/updateStrategy/type \"RollingUpdate\"\nadd /spec/updateStrategy/rollingUpdate {\"maxSurge\":\"25%\"}",
			daemon + "spec:\n  updateStrategy: { }\n",
			daemon + "spec:\n  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%} }\n",
		},
		"a field into a container that begins behind its dash": {
			addSleep,
			daemon + "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        ports:\n        - containerPort: 1\n      -   name: b\n",
			daemon + "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        ports:\n        - containerPort: 1\n        lifecycle:\n          preStop:\n            sleep:\n              seconds: 15\n      -   name: b\n",
		},
		"a field into a container in front of one below its dash": {
			addSleep,
			daemon + "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n      - # second\n        name: b\n",
			daemon + "spec:\n  template:\n    spec:\n      containers:\n      - name: a\n        lifecycle:\n          preStop:\n            sleep:\n              seconds: 15\n      - # second\n        name: b\n",
		},
		"a list, indented as its neighbours are": {
			addGate,
			daemon + "spec:\n  template:\n    spec:\n      containers:\n        - name: a\n",
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n        - conditionType: inshore.dev/routed\n      containers:\n        - name: a\n",
		},
		"an item behind the last": {
			nextGate,
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n      -   conditionType: a/b # theirs\n      # end\n      containers: []\n",
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n      -   conditionType: a/b # theirs\n      -   conditionType: inshore.dev/routed\n      # end\n      containers: []\n",
		},
		"an item behind the last, and a field behind its list": {
			`add /spec/template/spec/terminationGracePeriodSeconds 45` + "\n" + nextGate,
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n      - conditionType: a/b\n      containers: []\n",
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n      - conditionType: a/b\n      - conditionType: inshore.dev/routed\n      terminationGracePeriodSeconds: 45\n      containers: []\n",
		},
		"an item behind one below its dash": {
			nextGate,
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n        -\n          conditionType: a/b\n",
			daemon + "spec:\n  template:\n    spec:\n      readinessGates:\n        -\n          conditionType: a/b\n        - conditionType: inshore.dev/routed\n",
		},
		"an item into a list on one line": {
			nextGate,
			daemon + "spec: {template: {spec: {readinessGates: [{conditionType: a/b}]}}}\n",
			daemon + "spec: {template: {spec: {readinessGates: [{conditionType: a/b}, {conditionType: inshore.dev/routed}]}}}\n",
		},
		"an item into an empty list": {
			nextGate,
			daemon + "spec: {template: {spec: {readinessGates: []}}}\n",
			daemon + "spec: {template: {spec: {readinessGates: [{conditionType: inshore.dev/routed}]}}}\n",
		},
		"into a mapping on one line, whatever its scalars hold": {
			addLocal,
			service + "spec: {a: it's, b: '}', c: \"}\\\"\", d: x#y, selector: {a: b}}  # comment\n",
			service + "spec: {a: it's, b: '}', c: \"}\\\"\", d: x#y, selector: {a: b}, internalTrafficPolicy: Local}  # comment\n",
		},
		"into a mapping on one line that ends in a comma": {
			addLocal,
			service + "spec: {selector: {a: b},}\n",
			service + "spec: {selector: {a: b}, internalTrafficPolicy: Local,}\n",
		},
		"into a mapping in brackets over several lines, with comments": {
			addLocal,
			service + "spec: {\n  selector: {a: b} # by label\n  # end\n}\n",
			service + "spec: {\n  selector: {a: b}, # by label\n  internalTrafficPolicy: Local\n  # end\n}\n",
		},
		"into JSON": {
			addSurge,
			"{\n\t\"apiVersion\": \"apps/v1\",\n\t\"kind\": \"DaemonSet\",\n\t\"spec\": {\n\t\t\"template\": {}\n\t}\n}\n",
			"{\n\t\"apiVersion\": \"apps/v1\",\n\t\"kind\": \"DaemonSet\",\n\t\"spec\": {\n\t\t\"template\": {},\n\t\t\"updateStrategy\": {\n\t\t\t\"type\": \"RollingUpdate\",\n\t\t\t\"rollingUpdate\": {\n\t\t\t\t\"maxUnavailable\": 0,\n\t\t\t\t\"maxSurge\": 1\n\t\t\t}\n\t\t}\n\t}\n}\n",
		},
		"into JSON without a blank": {
			addLocal + "\nadd /spec/trafficDistribution \"PreferClose\"",
			`{"apiVersion":"v1","kind":"Service","spec":{"selector":{"a":"b"}}}`,
			`{"apiVersion":"v1","kind":"Service","spec":{"selector":{"a":"b"},"internalTrafficPolicy":"Local","trafficDistribution":"PreferClose"}}`,
		},
		"into an empty object of JSON": {
			addLocal,
			`{"apiVersion": "v1", "kind": "Service", "spec": {}}`,
			`{"apiVersion": "v1", "kind": "Service", "spec": {"internalTrafficPolicy": "Local"}}`,
		},
		"over a value of JSON": {
			`replace /spec/n "25%"`,
			`{"apiVersion": "v1", "kind": "Service", "spec": {"n": 1}}`,
			`{"apiVersion": "v1", "kind": "Service", "spec": {"n": "25%"}}`,
		},
		"a number over a string": {
			`replace /spec/n 0`,
			service + "spec:\n  n: \"10%\"\n",
			service + "spec:\n  n: 0\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := File("a.yaml", []byte(test.before), []Patch{patch(t, 0, test.patch)})
			for _, left := range result.Left {
				t.Errorf("left alone: %+v", left)
			}
			if diff := cmp.Diff(test.after, string(Apply([]byte(test.before), result.Edits))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestObjectsAreLeftAloneWithAReason(t *testing.T) {
	for name, test := range map[string]struct {
		patch, text string
		line        int
		reason      string
	}{
		"an alias": {
			addLocal, "apiVersion: v1\nkind: Service\nx: &x {a: b}\nspec: *x\n", 4, "spec is an alias (*x)",
		},
		"an anchor that is used again": {
			addLocal, "apiVersion: v1\nkind: Service\nspec: &x\n  a: b\ny: *x\n", 3, "its anchor &x is used again on line 5",
		},
		"a mapping that a merge brings": {
			"add /spec/a/b 1", "apiVersion: v1\nkind: Service\nx: &x {a: {c: 1}}\nspec:\n  <<: *x\n", 5, "a comes from a merge (<<)",
		},
		"a value with an anchor": {
			`replace /spec/a "c"`, "apiVersion: v1\nkind: Service\nspec:\n  a: &a b\n", 4, "a has an anchor or a tag",
		},
		"a value with a tag": {
			`replace /spec/a "c"`, "apiVersion: v1\nkind: Service\nspec:\n  a: !!str b\n", 4, "a has an anchor or a tag",
		},
		"a value over several lines": {
			`replace /spec/a "c"`, "apiVersion: v1\nkind: Service\nspec:\n  a: b\n    c\n", 4, "the value of a goes over several lines",
		},
		"a literal": {
			`replace /spec/a "c"`, "apiVersion: v1\nkind: Service\nspec:\n  a: |\n    b\n", 4, "the value of a goes over several lines",
		},
		"a comment inside a mapping on one line": {
			addLocal, "apiVersion: v1\nkind: Service\nspec: {a: b # c\n  }\n", 3, "a comment stands in a mapping or list on one line",
		},
		"what would be taken away": {
			"remove /spec/a", "apiVersion: v1\nkind: Service\nspec: {a: b}\n", 1, "admission would take /spec/a away, and a fix removes nothing",
		},
		"a key behind a question mark": {
			addLocal, "apiVersion: v1\nkind: Service\nspec:\n  ? a\n  : b\n", 1, "it is written in a way in which the field cannot be placed for certain",
		},
		"a file with another document that cannot be read": {
			addLocal, "apiVersion: v1\nkind: Service\nspec:\n  a: b\n---\na: b: c\n", 6, "another document of the file cannot be read, and a file is only changed if all of it can",
		},
	} {
		t.Run(name, func(t *testing.T) {
			result := File("a.yaml", []byte(test.text), []Patch{patch(t, 0, test.patch)})
			want := Result{Left: []Left{{Object: 0, Line: test.line, Reason: test.reason}}}
			if diff := cmp.Diff(want, result); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneObjectThatIsLeftAloneDoesNotHinderOthers(t *testing.T) {
	text := service + "spec: {a: b}\n---\n" + service + "spec:\n  ? a\n  : b\n---\n" + service + "spec: {c: d}\n"
	result := File("a.yaml", []byte(text), []Patch{patch(t, 0, addLocal), patch(t, 1, addLocal), patch(t, 2, addLocal)})
	want := strings.NewReplacer("{a: b}", "{a: b, internalTrafficPolicy: Local}", "{c: d}", "{c: d, internalTrafficPolicy: Local}").Replace(text)
	if diff := cmp.Diff(want, string(Apply([]byte(text), result.Edits))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(result.Left) != 1 || result.Left[0].Object != 1 || result.Left[0].Line != 5 {
		t.Errorf("left alone: %+v, want the second object, on line 5", result.Left)
	}
}

func TestItemsOfAListAreChanged(t *testing.T) {
	text := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  spec:\n    clusterIP: a\n# next\n- apiVersion: v1\n  kind: Service\n  spec:\n    selector: {a: b}\n"
	want := "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  spec:\n    clusterIP: a\n    internalTrafficPolicy: Local\n# next\n- apiVersion: v1\n  kind: Service\n  spec:\n    internalTrafficPolicy: Local\n    selector: {a: b}\n"
	result := File("a.yaml", []byte(text), []Patch{patch(t, 0, addLocal), patch(t, 1, addLocal)})
	if diff := cmp.Diff(want, string(Apply([]byte(text), result.Edits))); diff != "" || len(result.Left) > 0 {
		t.Errorf("left alone %+v; (-want +got):\n%s", result.Left, diff)
	}
}
