package scenarios

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// TestGitOpsReconcilersReachASteadyState has reconcilers of three kinds bring the
// same manifests to the cluster over and over: after a change in git each object
// moves once, and never again.
func TestGitOpsReconcilersReachASteadyState(t *testing.T) {
	s := begin(t, cluster.Config{Name: "e2e-gitops", Controllers: true})
	installByURL(s)
	g := newGit(s)
	g.run("opted in by annotation", func(g *git) {
		g.set("node-local", "required")
		g.settles("opting in")
		g.each(func(o tracked, live *unstructured.Unstructured) { mutated(g.story, live) })
	})
	g.run("the annotations go from git", func(g *git) {
		g.set("node-local", "")
		g.settles("opting out")
		g.each(func(o tracked, live *unstructured.Unstructured) { restored(g.story, o, live) })
	})
	g.run("a policy for everybody reaches them while they go on", func(g *git) {
		before := g.state()
		g.kubectl(everybody, "apply", "-f", "-")
		g.reached("the policy to reach everything", func(live *unstructured.Unstructured) bool {
			return live.GetAnnotations()["inshore.dev/enforced-by"] != ""
		})
		g.each(func(o tracked, live *unstructured.Unstructured) {
			mutated(g.story, live)
			if moved := live.GetGeneration() - before[o.String()].GetGeneration(); o.want.GetKind() == "DaemonSet" && moved != 1 {
				g.Errorf("the %s went through %d generations, want one", o, moved)
			}
		})
		g.settles("following a policy")
	})
	g.run("a team opts out of it in git", func(g *git) {
		g.set("node-local", "disabled")
		g.settles("opting out of a policy")
		g.each(func(o tracked, live *unstructured.Unstructured) { restored(g.story, o, live) })
	})
	g.run("and in again, and the policy is turned off", func(g *git) {
		g.set("node-local", "")
		g.reached("the policy to reach everything again", func(live *unstructured.Unstructured) bool {
			return live.GetAnnotations()["inshore.dev/enforced-by"] != ""
		})
		// At its own pace: once it is deleted, a policy has the default's.
		g.kubectl("", "patch", "nodelocalpolicy/everybody", "--type=merge", "-p", `{"spec":{"enforcement":"Audit"}}`)
		g.reached("everything to be as before", func(live *unstructured.Unstructured) bool {
			return live.GetAnnotations()["inshore.dev/enforced-by"] == ""
		})
		g.each(func(o tracked, live *unstructured.Unstructured) { restored(g.story, o, live) })
		g.settles("after the policy")
	})
}

// everybody is the policy of a platform team for all namespaces, in a hurry.
const everybody = `
apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: everybody}
spec:
  services: {nodeLocal: required}
  daemonSets: {nodeLocal: required, drain: 40s}
  enforcement: Enforce
  rollout: {objectsPerMinute: 6000, maxUnreadyDaemonSets: 100}
`

// daemonManifest is a daemon that teams keep in git, with %s for the namespace, annotations and explicit fields.
const daemonManifest = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: proxy, namespace: %[1]s}
spec:
  selector: {matchLabels: {app: proxy}}
%[2]s
  template:
    metadata: {labels: {app: proxy}}
    spec:
%[3]s
      containers:
        - name: proxy
          image: docker.io/local/proxy:e2e
          ports: [{name: proxy, containerPort: 11211}]
          readinessProbe: {tcpSocket: {port: proxy}}
`

const serviceManifest = `
apiVersion: v1
kind: Service
metadata: {name: proxy, namespace: %[1]s}
spec:
%[2]s
  selector: {app: proxy}
  ports: [{name: proxy, port: 11211}]
`

// styles are how much a team states of what we change.
var styles = map[string][3]string{
	"stated": {
		"  internalTrafficPolicy: Cluster",
		"  updateStrategy: {type: RollingUpdate, rollingUpdate: {maxUnavailable: 1, maxSurge: 0}}",
		"      terminationGracePeriodSeconds: 5",
	},
	"left-out": {},
}

// tracked is an object in git and who brings it to the cluster.
type tracked struct {
	want *unstructured.Unstructured
	by   []reconciler
}

// explicit says whether its manifest states what we change.
func (o tracked) explicit() bool { return strings.HasSuffix(o.want.GetNamespace(), "-stated") }

func (o tracked) String() string {
	return o.want.GetKind() + " of " + o.want.GetNamespace()
}

// git is a repository of manifests, and the reconcilers that bring it to the cluster.
type git struct {
	story
	objects []tracked
	client  dynamic.Interface
}

// newGit has each reconciler bring a Service and a DaemonSet in either style to a namespace of its own, and two of them
// both to another.
func newGit(s story) *git {
	s.Helper()
	config := s.c.RESTConfig()
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		s.Fatal(err)
	}
	g := &git{story: s, client: client}
	by := map[string][]reconciler{}
	for _, r := range reconcilers() {
		by[r.name] = []reconciler{r}
	}
	by["argo-and-flux"] = []reconciler{by["argo"][0], by["flux"][0]}
	for name, reconcilers := range by {
		for style, fields := range styles {
			namespace := name + "-" + style
			s.kubectl("", "create", "namespace", namespace)
			for _, text := range []string{
				fmt.Sprintf(daemonManifest, namespace, fields[1], fields[2]), fmt.Sprintf(serviceManifest, namespace, fields[0]),
			} {
				var want unstructured.Unstructured
				if err := yaml.Unmarshal([]byte(text), &want); err != nil {
					s.Fatal(err)
				}
				g.objects = append(g.objects, tracked{&want, reconcilers})
			}
		}
	}
	return g
}

func (g *git) run(sentence string, tell func(*git)) {
	g.story.run(sentence, func(s story) {
		told := *g
		told.story = s
		tell(&told)
	})
}

// set commits an annotation of ours on every object, or with "" none. DaemonSets ask for a drain longer than their grace period too.
func (g *git) set(name, value string) {
	for _, o := range g.objects {
		annotations := map[string]string{}
		if value != "" {
			annotations["inshore.dev/"+name] = value
		}
		if value != "" && value != "disabled" && o.want.GetKind() == "DaemonSet" {
			annotations["inshore.dev/drain"] = "40s"
		}
		unstructured.RemoveNestedField(o.want.Object, "metadata", "annotations")
		if len(annotations) > 0 {
			o.want.SetAnnotations(annotations)
		}
	}
}

func (g *git) resource(o tracked) dynamic.ResourceInterface {
	resource := schema.GroupVersionResource{Version: "v1", Resource: "services"}
	if o.want.GetKind() == "DaemonSet" {
		resource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "daemonsets"}
	}
	return g.client.Resource(resource).Namespace(o.want.GetNamespace())
}

// round has every reconciler look at each of its objects once, and returns which wrote.
func (g *git) round() map[string]int {
	g.Helper()
	wrote := map[string]int{}
	for _, o := range g.objects {
		for _, r := range o.by {
			if r.sync(g.story, g.resource(o), o.want) {
				wrote[o.String()]++
			}
		}
	}
	return wrote
}

// state is every object as it is, once the controllers have written what they know of it.
func (g *git) state() map[string]*unstructured.Unstructured {
	g.Helper()
	state := map[string]*unstructured.Unstructured{}
	for _, o := range g.objects {
		g.wait("the controllers to have seen the "+o.String(), func() (bool, string) {
			live, err := g.resource(o).Get(g.ctx, o.want.GetName(), metav1.GetOptions{})
			if err != nil {
				g.Fatal(err)
			}
			observed, _, _ := unstructured.NestedInt64(live.Object, "status", "observedGeneration")
			state[o.String()] = live
			return live.GetKind() == "Service" || observed == live.GetGeneration(), fmt.Sprintf("generation %d of %d", observed, live.GetGeneration())
		})
	}
	return state
}

func (g *git) each(look func(o tracked, live *unstructured.Unstructured)) {
	g.Helper()
	state := g.state()
	for _, o := range g.objects {
		look(o, state[o.String()])
	}
}

// reached has the reconcilers look again and again until all objects are so.
func (g *git) reached(what string, so func(live *unstructured.Unstructured) bool) {
	g.Helper()
	g.wait(what, func() (bool, string) {
		g.round()
		var yet []string
		for name, live := range g.state() {
			if !so(live) {
				yet = append(yet, name)
			}
		}
		return len(yet) == 0, "not yet: " + strings.Join(yet, ", ")
	})
}

// rounds is how often reconcilers look again after a change.
const rounds = 10

// settles brings what changed in git to the cluster in one round, and has further rounds move nothing. A
// resourceVersion alone may move once: the managers of an object are kept in the order in which they last wrote, and
// one that writes the same again has written last.
func (g *git) settles(what string) {
	g.Helper()
	g.round()
	first := g.state()
	last, moved, writes := first, map[string]int{}, map[string]int{}
	for range rounds {
		for name, n := range g.round() {
			writes[name] += n
		}
		now := g.state()
		for name, live := range now {
			if live.GetGeneration() != first[name].GetGeneration() || !cmp.Equal(declared(live), declared(first[name])) {
				g.Fatalf("%s: the %s moved after the first round (-then +now):\n%s", what, name, cmp.Diff(declared(first[name]), declared(live)))
			}
			if live.GetResourceVersion() != last[name].GetResourceVersion() {
				moved[name]++
			}
		}
		last = now
	}
	for name, n := range moved {
		if n > 1 {
			g.Errorf("%s: the resourceVersion of the %s moved %d times in %d rounds", what, name, n, rounds)
		}
	}
	g.inVain(what, last, writes)
}

// inVain checks who wrote after the first round: what merges by the client finds fields that its manifest states
// changed, and writes them again each time. Nobody else has a reason to.
func (g *git) inVain(what string, live map[string]*unstructured.Unstructured, writes map[string]int) {
	g.Helper()
	for _, o := range g.objects {
		merges := slices.ContainsFunc(o.by, func(r reconciler) bool { return r.name != "flux" })
		want := 0
		if merges && o.explicit() && !cmp.Equal(ours(live[o.String()]), ours(o.want)) {
			want = rounds
		}
		if got := writes[o.String()]; got != want {
			g.Errorf("%s: the %s was written %d times in %d rounds after the first, want %d", what, o, got, rounds, want)
		}
	}
	g.Logf("%s: written after the first round, without any effect: %v", what, writes)
}

// mutated says if an object is not as teams ask for.
func mutated(s story, live *unstructured.Unstructured) {
	s.Helper()
	want := map[string]any{"internalTrafficPolicy": "Local"}
	if live.GetKind() == "DaemonSet" {
		want = map[string]any{"maxSurge": int64(1), "maxUnavailable": int64(0), "sleep": int64(40), "grace": int64(70)}
	}
	if got := ours(live); !cmp.Equal(got, want) {
		s.Errorf("the %s of %s has %v, want %v", live.GetKind(), live.GetNamespace(), got, want)
	}
}

// ours are the fields that we change.
func ours(live *unstructured.Unstructured) map[string]any {
	got := map[string]any{}
	keep := func(name string, fields ...string) {
		if value, found, _ := unstructured.NestedFieldNoCopy(live.Object, fields...); found {
			got[name] = value
		}
	}
	if live.GetKind() == "Service" {
		keep("internalTrafficPolicy", "spec", "internalTrafficPolicy")
		return got
	}
	keep("grace", "spec", "template", "spec", "terminationGracePeriodSeconds")
	keep("maxSurge", "spec", "updateStrategy", "rollingUpdate", "maxSurge")
	keep("maxUnavailable", "spec", "updateStrategy", "rollingUpdate", "maxUnavailable")
	containers, _, _ := unstructured.NestedSlice(live.Object, "spec", "template", "spec", "containers")
	if sleep, found, _ := unstructured.NestedFieldNoCopy(containers[0].(map[string]any), "lifecycle", "preStop", "sleep", "seconds"); found {
		got["sleep"] = sleep
	}
	return got
}

// restored says if an object is not as it would be had it never opted in.
func restored(s story, o tracked, live *unstructured.Unstructured) {
	s.Helper()
	fields := map[string]any{"internalTrafficPolicy": "Cluster"}
	if live.GetKind() == "DaemonSet" {
		fields = map[string]any{"maxSurge": int64(0), "maxUnavailable": int64(1), "grace": int64(30)}
		if o.explicit() {
			fields["grace"] = int64(5)
		}
	}
	if got := ours(live); !reflect.DeepEqual(got, fields) {
		s.Errorf("the %s of %s has %v, want %v", live.GetKind(), live.GetNamespace(), got, fields)
	}
	words := maps.Clone(live.GetAnnotations())
	maps.DeleteFunc(words, func(key, _ string) bool { return !strings.HasPrefix(key, "inshore.dev/") })
	if !cmp.Equal(words, o.want.GetAnnotations(), cmpopts.EquateEmpty()) || len(live.GetLabels()) > 0 {
		s.Errorf("the %s keeps annotations %v, labels %v", o, words, live.GetLabels())
	}
}
