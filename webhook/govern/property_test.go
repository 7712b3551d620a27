package govern_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/govern"
)

var kinds = []v1alpha1.Kind{v1alpha1.KindDaemonSet, v1alpha1.KindService}

// years are a cluster's: policies come, change and go while owners go on applying,
// and beside it the objects as they would be without any policy.
type years struct {
	*world
	without *world
	images  int
}

func TestPoliciesComeAndGoAndOwnersNeverNotice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		daemons, services := drawDaemonSet(t), drawService(t)
		y := years{world: newWorld(services, daemons), without: newWorld(clone(t, services), clone(t, daemons))}
		events := map[string]func(*rapid.T){
			"policy":   func(t *rapid.T) { y.policies = drawPolicies(t) },
			"roll out": func(t *rapid.T) { y.rollOut(t); y.settled(t) },
			"one step": y.step,
			"apply":    y.apply,
			"image":    y.image,
			"words":    y.words,
			"replace":  y.replace,
			"forge":    y.forge,
		}
		names := slices.Sorted(maps.Keys(events))
		for range rapid.IntRange(4, 16).Draw(t, "events") {
			events[rapid.SampledFrom(names).Draw(t, "event")](t)
		}
		y.policies = nil
		y.rollOut(t)
		for _, kind := range kinds {
			if diff := cmp.Diff(string(encode(t, y.without.objects[kind])), string(encode(t, y.objects[kind]))); diff != "" {
				t.Fatalf("with all policies gone (-without +live):\n%s", diff)
			}
		}
	})
}

// step is a roll-out that ends after one object.
func (y *years) step(t *rapid.T) {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	if position := y.target(t, kind); position.Standing == govern.Pending {
		y.update(t, apply(t, y.objects[kind], position.Rollout.Patch))
	}
}

// settled is what holds when there is nothing left to roll out.
func (y *years) settled(t *rapid.T) {
	for _, kind := range kinds {
		position := y.target(t, kind)
		if len(position.Repair.Patch) > 0 {
			t.Fatalf("rolled out, there is something to repair: %s", position.Repair.Patch.AppendJSON(nil))
		}
		record := annotation(y.objects[kind], v1alpha1.AnnotationEnforcedBy)
		switch position.Standing {
		case govern.Follows:
			if record != position.Policy.Record(kind) {
				t.Fatalf("%s follows %s, the policy says %s", kind, record, position.Policy.Record(kind))
			}
		case govern.None, govern.OptedOut, govern.Unenforced:
			if record != "" {
				t.Fatalf("%s is %s and follows %s", kind, position.Standing, record)
			}
		case govern.Violating:
			if !position.Trial.Denied() {
				t.Fatalf("%s violates nothing: %v", kind, position.Trial.Results)
			}
		default:
			t.Fatalf("%s is %s after the roll-out", kind, position.Standing)
		}
	}
}

// apply is an owner's, of what is there already: nothing may move.
func (y *years) apply(t *rapid.T) {
	for _, kind := range kinds {
		before := encode(t, y.objects[kind])
		a := y.update(t, clone(t, y.objects[kind]))
		if diff := cmp.Diff(string(before), string(encode(t, y.objects[kind]))); diff != "" || a.verdict.Denied() {
			t.Fatalf("applied as it is, the %s is denied (%v) or moves:\n%s", kind, a.verdict.Errors(), diff)
		}
	}
}

// image is an owner's apply of something that no rule reads: it goes through, and
// nothing else moves.
func (y *years) image(t *rapid.T) {
	y.images++
	edit := func(o object) object {
		o = clone(t, o)
		container(o)["image"] = fmt.Sprintf("mcrouter:%d", y.images)
		return o
	}
	want := edit(y.objects[v1alpha1.KindDaemonSet])
	a := y.update(t, clone(t, want))
	if diff := cmp.Diff(string(encode(t, want)), string(encode(t, a.object))); diff != "" || a.verdict.Denied() {
		t.Fatalf("a new image is denied (%v) or moves more:\n%s", a.verdict.Errors(), diff)
	}
	y.without.objects[v1alpha1.KindDaemonSet] = edit(y.without.objects[v1alpha1.KindDaemonSet])
}

// words are the owner's own, which may be refused.
func (y *years) words(t *rapid.T) {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	words := map[string]string{
		v1alpha1.AnnotationNodeLocal: rapid.SampledFrom([]string{"", "", "required", "preferred", "disabled"}).Draw(t, "node-local"),
	}
	if kind == v1alpha1.KindDaemonSet {
		words[v1alpha1.AnnotationDrain] = rapid.SampledFrom([]string{"", "none", "5s"}).Draw(t, "drain")
	}
	if a := y.update(t, annotate(t, y.objects[kind], words)); !a.verdict.Denied() {
		y.without.policies = nil
		y.without.objects[kind] = y.without.send(t, annotate(t, y.without.objects[kind], words), y.without.objects[kind]).object
	}
}

// replace is an owner's that sends the object without our records, as a PUT does. It
// undoes at most what no policy asks for any more.
func (y *years) replace(t *rapid.T) {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	before := y.objects[kind]
	position := y.target(t, kind)
	a := y.update(t, annotate(t, before, map[string]string{v1alpha1.AnnotationEnforcedBy: ""}))
	if a.verdict.Denied() {
		return
	}
	if undone := position.Standing == govern.Pending && annotation(a.object, v1alpha1.AnnotationEnforcedBy) == ""; undone {
		return
	}
	if diff := cmp.Diff(string(encode(t, before)), string(encode(t, a.object))); diff != "" {
		t.Fatalf("replaced without the record, the %s moves (%s):\n%s", kind, position.Standing, diff)
	}
}

// forge is somebody's who writes a record, and gets nowhere.
func (y *years) forge(t *rapid.T) {
	kind := rapid.SampledFrom(kinds).Draw(t, "kind")
	forged := v1alpha1.NewEnforcedBy("forged", v1alpha1.Intent{NodeLocal: v1alpha1.NodeLocalRequired}, "").String()
	forged = rapid.SampledFrom([]string{forged, "{}", "nonsense"}).Draw(t, "record")
	before := encode(t, y.objects[kind])
	a := y.update(t, annotate(t, y.objects[kind], map[string]string{v1alpha1.AnnotationEnforcedBy: forged}))
	if diff := cmp.Diff(string(before), string(encode(t, a.object))); diff != "" {
		t.Fatalf("a forged record moves the %s:\n%s", kind, diff)
	}
}

func drawService(t *rapid.T) object {
	o := service()
	spec := o["spec"].(object)
	spec["internalTrafficPolicy"] = rapid.SampledFrom([]any{"Cluster", "Cluster", "Local"}).Draw(t, "internalTrafficPolicy")
	if rapid.Bool().Draw(t, "trafficDistribution") {
		spec["trafficDistribution"] = "PreferClose"
	}
	if rapid.IntRange(0, 5).Draw(t, "headless") == 0 {
		spec["clusterIP"] = "None"
	}
	return o
}

func drawDaemonSet(t *rapid.T) object {
	o := daemonSet()
	spec := o["spec"].(object)
	if rapid.Bool().Draw(t, "surges") {
		spec["updateStrategy"] = object{"type": "RollingUpdate", "rollingUpdate": object{"maxSurge": "25%", "maxUnavailable": 0.0}}
	}
	if rapid.IntRange(0, 4).Draw(t, "hostPort") == 0 {
		hostPort(o)
	}
	if rapid.IntRange(0, 4).Draw(t, "no probe") == 0 {
		delete(container(o), "readinessProbe")
	}
	return o
}

func drawPolicies(t *rapid.T) []*v1alpha1.NodeLocalPolicy {
	var all []*v1alpha1.NodeLocalPolicy
	for i := range rapid.IntRange(0, 2).Draw(t, "policies") {
		all = append(all, drawPolicy(t, fmt.Sprintf("p%d", i)))
	}
	return all
}

func drawPolicy(t *rapid.T, name string) *v1alpha1.NodeLocalPolicy {
	local := rapid.SampledFrom([]v1alpha1.NodeLocal{v1alpha1.NodeLocalRequired, v1alpha1.NodeLocalPreferred})
	p := everyone(rapid.SampledFrom([]v1alpha1.Enforcement{"Audit", "Warn", "Enforce", "Enforce", "Enforce"}).Draw(t, "enforcement"))
	p.Name, p.Spec.Priority = name, rapid.SampledFrom([]int32{0, 0, 5}).Draw(t, "priority")
	p.Spec.OptOut = rapid.SampledFrom([]v1alpha1.OptOut{"Allowed", "Forbidden"}).Draw(t, "optOut")
	p.Spec.Services.NodeLocal, p.Spec.DaemonSets.NodeLocal = local.Draw(t, "services"), local.Draw(t, "daemonSets")
	if rapid.Bool().Draw(t, "surge") {
		p.Spec.DaemonSets.MaxSurge = new(intstr.FromInt32(2))
	}
	if rapid.Bool().Draw(t, "fallback") && p.Spec.Services.NodeLocal == v1alpha1.NodeLocalRequired {
		p.Spec.Services.NoLocalEndpoint = v1alpha1.NoLocalEndpointFallback
	}
	switch rapid.IntRange(0, 5).Draw(t, "chooses") {
	case 0:
		p.Spec.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"team": "web"}}
	case 1:
		p.Spec.Services = nil
	case 2:
		p.Spec.DaemonSets = nil
	}
	return p
}
