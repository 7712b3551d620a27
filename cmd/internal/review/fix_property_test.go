package review

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	yaml "go.yaml.in/yaml/v3"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
)

// Whatever an object holds and however it is written, a fix writes what mutation
// would, a second one nothing, and no comment, blank line or marker changes.
func TestFixOfAnyObjectInAnyStyle(t *testing.T) {
	c := config(t)
	rapid.Check(t, func(r *rapid.T) {
		documents := rapid.SliceOfN(rapid.Custom(anyObject), 1, 3).Draw(r, "documents")
		before := render(r, documents)
		objects, problems := manifest.Parse("f.yaml", []byte(before))
		if len(problems) > 0 || len(objects) != len(documents) {
			r.Fatalf("the test's own text cannot be read: %v\n%s", problems, before)
		}
		file := fixText(c, "f.yaml", []byte(before), "", nil)
		for _, left := range file.Unfixed {
			if left.Reason != "a comment stands in a mapping or list on one line" {
				r.Errorf("%s\n%s", left, before)
			}
		}
		wantPatched(r, c, objects, &file)
		again := fixText(c, "f.yaml", file.After, "", nil)
		if len(again.Edits) > 0 || len(again.Fixed) > 0 {
			r.Errorf("a second fix changes\n%s\nof\n%s", again.Diff(Style{}), file.After)
		}
		for _, edit := range file.Edits {
			replaced := before[edit.Start:edit.End]
			if strings.ContainsAny(replaced, "#\n\r") || strings.Contains(edit.Text, "#") || strings.Contains(edit.Text, "\n\n") {
				r.Errorf("%q becomes %q in\n%s", replaced, edit.Text, before)
			}
		}
	})
}

// wantPatched holds, by a YAML and a JSON Patch library of others, that every
// document is what it was with the patch of its spec, if it was fixed.
func wantPatched(r *rapid.T, c Config, objects []manifest.Object, file *FixedFile) {
	before, after := documentsOf(r, file.Before), documentsOf(r, file.After)
	if len(before) != len(after) {
		r.Fatalf("%d documents were %d in\n%s", len(after), len(before), file.After)
	}
	fixed := map[int]bool{}
	for _, object := range file.Fixed {
		fixed[object.Line] = true
	}
	for i := range objects {
		want := before[i]
		if fixed[objects[i].Line] {
			read, problem := readObject(c, &objects[i])
			if problem != nil {
				r.Fatal(problem)
			}
			patch, err := jsonpatch.DecodePatch(ofSpec(read.mutation.Patch).AppendJSON(nil))
			if err != nil {
				r.Fatal(err)
			}
			if want, err = patch.Apply(want); err != nil {
				r.Fatal(err)
			}
		}
		if diff := cmp.Diff(values(r, want), values(r, after[i])); diff != "" {
			r.Errorf("document %d (-want +got):\n%s\nin\n%s", i, diff, file.After)
		}
	}
}

func values(r *rapid.T, document []byte) any {
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		r.Fatal(err)
	}
	return value
}

// documentsOf are the documents of a text as JSON.
func documentsOf(r *rapid.T, text []byte) [][]byte {
	var documents [][]byte
	decoder := yaml.NewDecoder(strings.NewReader(string(text)))
	for {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return documents
		}
		if err != nil {
			r.Fatalf("%v in\n%s", err, text)
		}
		document, err := json.Marshal(value)
		if err != nil {
			r.Fatal(err)
		}
		documents = append(documents, document)
	}
}

// anyObject is a Service or DaemonSet that is opted in, and may hold some of the
// tree that mutation writes already.
func anyObject(t *rapid.T) tree {
	if rapid.Bool().Draw(t, "service") {
		return anyService(t)
	}
	return anyDaemonSet(t)
}

// maybe adds a field with one of the values, or does not.
func (f tree) maybe(t *rapid.T, key string, values ...any) tree {
	if i := rapid.IntRange(-1, len(values)-1).Draw(t, key); i >= 0 {
		return append(f, pair{key, values[i]})
	}
	return f
}

// noise is what has nothing to do with us.
var noise = []any{
	literal("text\n  # no comment: here\n\nend\n"), literal("{a: b}\n\n\n"), "two\nlines # of text", "it's plain", "it's {a, b}", "größe 大きい 😀",
	tree{}, list{}, list{"1", "a"}, list{tree{{"a", "b"}, {"c", null{}}}, list{"x"}}, tree{{"a", tree{{"b", literal("c\n")}}}}, null{},
}

func (f tree) noisy(t *rapid.T) tree {
	for _, key := range []string{"x-a", "x-b"} {
		if rapid.IntRange(0, 3).Draw(t, "noise") == 0 {
			at := rapid.IntRange(0, len(f)).Draw(t, "at")
			f = append(f[:at:at], append(tree{{key, rapid.SampledFrom(noise).Draw(t, key)}}, f[at:]...)...)
		}
	}
	return f
}

func anyService(t *rapid.T) tree {
	annotations := tree{{"inshore.dev/node-local", rapid.SampledFrom([]any{"required", "preferred"}).Draw(t, "node-local")}}
	annotations = annotations.maybe(t, "inshore.dev/external-traffic", "local")
	spec := tree{}.maybe(t, "type", "ClusterIP", "NodePort", "LoadBalancer").
		maybe(t, "internalTrafficPolicy", "Cluster", "Local", null{}).
		maybe(t, "externalTrafficPolicy", "Cluster", "Local", null{})
	spec = append(spec, pair{"selector", tree{{"app", "a"}}}).maybe(t, "trafficDistribution", "PreferClose", null{}).noisy(t)
	return tree{
		{"apiVersion", "v1"}, {"kind", "Service"},
		{"metadata", tree{{"name", "a"}, {"annotations", annotations}}.noisy(t)},
		{"spec", spec},
	}
}

func anyDaemonSet(t *rapid.T) tree {
	annotations := tree{{"inshore.dev/node-local", "required"}}.
		maybe(t, "inshore.dev/drain", "5s", "40s").
		maybe(t, "inshore.dev/max-surge", "25%").
		maybe(t, "inshore.dev/readiness-gate", "agent")
	rolling := tree{}.maybe(t, "maxUnavailable", "1", "0", "10%", null{}).maybe(t, "maxSurge", "0", "2", null{})
	strategy := tree{}.maybe(t, "type", "RollingUpdate").maybe(t, "rollingUpdate", rolling, null{}, tree{}).noisy(t)
	gates := list{tree{{"conditionType", "example.com/a"}}}
	pod := tree{}.maybe(t, "terminationGracePeriodSeconds", "10", "300", null{}).maybe(t, "readinessGates", gates, null{}, list{})
	containers := list(rapid.SliceOfN(rapid.Custom(anyContainer), 1, 3).Draw(t, "containers"))
	pod = append(pod, pair{"containers", containers})
	pod = pod.maybe(t, "volumes", list{tree{{"name", "v"}}}).noisy(t)
	spec := tree{{"selector", tree{{"matchLabels", tree{{"app", "a"}}}}}}.
		maybe(t, "updateStrategy", strategy, null{}, tree{})
	spec = append(spec, pair{"template", tree{{"metadata", tree{{"labels", tree{{"app", "a"}}}}}, {"spec", pod}}}).noisy(t)
	return tree{
		{"apiVersion", "apps/v1"}, {"kind", "DaemonSet"},
		{"metadata", tree{{"name", "a"}, {"annotations", annotations}}.noisy(t)},
		{"spec", spec},
	}
}

func anyContainer(t *rapid.T) any {
	own := tree{{"preStop", tree{{"exec", tree{{"command", list{"sleep"}}}}}}}
	started := tree{{"postStart", tree{{"exec", tree{{"command", list{"true"}}}}}}}
	return tree{{"name", rapid.SampledFrom([]any{"a", "b", "c"}).Draw(t, "name")}}.
		maybe(t, "env", list{tree{{"name", "A"}, {"value", "x"}}, tree{{"name", "A"}, {"value", literal("y\n")}}}).
		maybe(t, "lifecycle", null{}, tree{}, own, started).
		maybe(t, "readinessProbe", tree{{"tcpSocket", tree{{"port", "80"}}}}).noisy(t)
}
