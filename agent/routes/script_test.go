package routes

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write what the scripts give into them")

// TestScripts runs testdata/*.txtar. The comment of a script says what it shows,
// and with "node: N" and "scope: S" lines which node looks at it (a) and how
// (opted-in). Its files are steps, taken in order:
//
//	apply    objects that are there from now on, as YAML
//	delete   objects that are not: Kind namespace/name
//	table    the whole table
//	changes  what Changes returns
//	reach    of each pod, what keeps the gate from opening
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(string(archive.Comment))
			for i := range archive.Files {
				s.step(t, i, &archive.Files[i])
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// script is a cluster as a script has made it, in an Index and apart from it.
type script struct {
	config Config
	index  *Index
	world  world
}

func newScript(comment string) *script {
	config := Config{Node: "a", Scope: ScopeOptedIn}
	for line := range strings.Lines(comment) {
		if node, ok := strings.CutPrefix(line, "node: "); ok {
			config.Node = strings.TrimSpace(node)
		}
		if scope, ok := strings.CutPrefix(line, "scope: "); ok {
			config.Scope = Scope(strings.TrimSpace(scope))
		}
	}
	return &script{config: config, index: NewIndex(config), world: newWorld()}
}

func (s *script) step(t *testing.T, i int, file *txtar.File) {
	t.Helper()
	var got string
	switch file.Name {
	case "apply":
		for document := range strings.SplitSeq(string(file.Data), "---\n") {
			s.apply(t, []byte(document))
		}
		return
	case "delete":
		for line := range strings.Lines(string(file.Data)) {
			s.remove(t, strings.Fields(line))
		}
		return
	case "table":
		got = s.index.Table().String()
		if built := Build(s.world.state(s.config)).String(); built != got {
			t.Errorf("step %d: Build (-) and Index (+) differ:\n%s", i, cmp.Diff(built, got))
		}
	case "changes":
		for _, change := range s.index.Changes() {
			got += change.String() + "\n"
		}
	case "reach":
		got = s.reach()
	default:
		t.Fatalf("step %d: there is no step %q", i, file.Name)
	}
	if *update {
		file.Data = []byte(got)
	} else if diff := cmp.Diff(string(file.Data), got); diff != "" {
		t.Errorf("step %d: %s wanted (-), got (+):\n%s", i, file.Name, diff)
	}
}

func (s *script) apply(t *testing.T, document []byte) {
	t.Helper()
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal(document, &kind); err != nil {
		t.Fatal(err)
	}
	switch kind.Kind {
	case "Service":
		var service corev1.Service
		decode(t, document, &service)
		converted, _ := FromService(&service)
		s.index.SetService(s.world.setService(converted))
	case "Pod":
		var pod corev1.Pod
		decode(t, document, &pod)
		s.index.SetPod(s.world.setPod(FromPod(&pod)))
	case "EndpointSlice":
		var slice discoveryv1.EndpointSlice
		decode(t, document, &slice)
		s.index.SetSlice(s.world.setSlice(FromSlice(&slice)))
	default:
		t.Fatalf("no such kind: %q", kind.Kind)
	}
}

func decode(t *testing.T, document []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(document, into); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
}

func (s *script) remove(t *testing.T, fields []string) {
	t.Helper()
	if len(fields) != 2 {
		t.Fatalf("delete wants Kind namespace/name, not %q", fields)
	}
	namespace, name, _ := strings.Cut(fields[1], "/")
	key := types.NamespacedName{Namespace: namespace, Name: name}
	switch fields[0] {
	case "Service":
		delete(s.world.services, key)
		s.index.DeleteService(key)
	case "Pod":
		delete(s.world.pods, key)
		s.index.DeletePod(key)
	case "EndpointSlice":
		delete(s.world.slices, key)
		s.index.DeleteSlice(key)
	default:
		t.Fatalf("no such kind: %q", fields[0])
	}
}

func (s *script) reach() string {
	var text strings.Builder
	w := bufio.NewWriter(&text)
	for _, name := range s.world.podNames() {
		reach, _ := s.index.Reach(name)
		fmt.Fprintf(w, "%s routed=%t", name, reach.Routed())
		for _, service := range reach.Services {
			fmt.Fprintf(w, " service=%s", service)
		}
		for _, f := range reach.Missing {
			fmt.Fprintf(w, " missing=%s", f)
		}
		for _, f := range reach.Crowded {
			fmt.Fprintf(w, " crowded=%s", f)
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return text.String()
}
