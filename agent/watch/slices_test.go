package watch

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/inshore-dev/inshore/agent/routes"
)

// lab is a Watch whose reflectors are the test.
type lab struct {
	t        *testing.T
	index    *routes.Index
	services *source
	sources  map[string]*source // Of slices, by label selector: the last there was.
}

func newLab(t *testing.T) *lab {
	l := &lab{t: t, index: routes.NewIndex(routes.Config{Node: "a", Scope: routes.ScopeOptedIn}), sources: map[string]*source{}}
	w := New(Config{Node: "a", Scope: routes.ScopeOptedIn})
	apply := func(edit func(*routes.Index)) { edit(l.index) }
	w.slices.start = func(wanted scope, some *sliceKind) (*source, context.CancelFunc) {
		s := &source{kind: some}
		s.edit = w.editor(s, apply)
		l.sources[wanted.labels] = s
		return s, func() {}
	}
	l.services = &source{kind: serviceKind{w.slices}}
	l.services.edit = w.editor(l.services, apply)
	return l
}

func itemFor(object runtime.Object) *item {
	i, err := itemOf(object, func(runtime.Object) any {
		switch o := object.(type) {
		case *corev1.Service:
			service, _ := routes.FromService(o)
			return service
		case *discoveryv1.EndpointSlice:
			return routes.FromSlice(o)
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
	return i
}

func (l *lab) add(s *source, object runtime.Object) {
	l.t.Helper()
	if err := s.Add(itemFor(object)); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) list(s *source, objects ...runtime.Object) {
	l.t.Helper()
	var items []any
	for _, o := range objects {
		items = append(items, itemFor(o))
	}
	if err := s.Replace(items, "1"); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) want(what, table string) {
	l.t.Helper()
	if diff := cmp.Diff(table, l.index.Table().String()); diff != "" {
		l.t.Errorf("%s: wanted (-), got (+):\n%s", what, diff)
	}
}

const byName = "kubernetes.io/service-name=a"

func own(s *corev1.Service) { s.Spec.Selector = nil }

func TestSliceOfTwoWatchesStaysUntilNeitherHasIt(t *testing.T) {
	l := newLab(t)
	shared := slice("a-1", "a", "10.244.2.1", preferredSlices)
	l.add(l.services, service("a", "10.96.0.1", "preferred", own))
	l.add(l.services, service("b", "10.96.0.2", "preferred", nil))
	l.list(l.sources[byName], shared)
	l.list(l.sources[preferredSlices], shared)
	there := "10.96.0.1:80/tcp core/a fallback=10.244.2.1:80 else=fallback\n"
	l.want("both have it", there+"10.96.0.2:80/tcp core/b else=fallback\n")
	l.add(l.services, service("b", "10.96.0.2", "required", nil))
	l.want("one ended", there+"10.96.0.2:80/tcp core/b else=reject\n")
	l.list(l.sources[byName])
	l.want("the other has it no longer", "10.96.0.1:80/tcp core/a else=fallback\n10.96.0.2:80/tcp core/b else=reject\n")
}

func TestWatchThatBeginsAgainBeginsWithNothing(t *testing.T) {
	l := newLab(t)
	l.add(l.services, service("a", "10.96.0.1", "preferred", nil))
	first := l.sources[preferredSlices]
	l.list(first, slice("a-1", "a", "10.244.2.1"))
	l.add(l.services, service("a", "10.96.0.1", "required", nil))
	l.add(first, slice("a-2", "a", "10.244.2.2")) // What its reflector was in the middle of.
	l.add(l.services, service("a", "10.96.0.1", "preferred", nil))
	l.list(l.sources[preferredSlices], slice("a-3", "a", "10.244.2.3"))
	l.want("after", "10.96.0.1:80/tcp core/a fallback=10.244.2.3:80 else=fallback\n")
}

func TestServiceThatWaitedIsNotSetAgain(t *testing.T) {
	l := newLab(t)
	l.add(l.services, service("a", "10.96.0.1", "preferred", nil))
	l.list(l.sources[preferredSlices])
	l.add(l.services, service("a", "10.96.0.9", "preferred", nil))
	l.list(l.sources[preferredSlices])
	l.want("after a relist of the slices", "10.96.0.9:80/tcp core/a else=fallback\n")
}

func TestServiceThatWaitsAndIsNotListedIsGone(t *testing.T) {
	l := newLab(t)
	l.add(l.services, service("a", "10.96.0.1", "preferred", nil))
	l.add(l.services, service("b", "10.96.0.2", "preferred", nil))
	l.list(l.services, service("b", "10.96.0.2", "preferred", nil))
	l.list(l.sources[preferredSlices])
	l.want("after", "10.96.0.2:80/tcp core/b else=fallback\n")
}

// An initial list may hold an object that stopped being ours while it was sent.
func TestListedObjectThatIsNotOursIsGone(t *testing.T) {
	l := newLab(t)
	l.add(l.services, service("a", "10.96.0.1", "required", nil))
	notOurs := itemFor(service("a", "10.96.0.1", "required", nil))
	notOurs.object = nil
	if err := l.services.Replace([]any{notOurs}, "1"); err != nil {
		t.Fatal(err)
	}
	l.want("after", "")
	if err := l.services.Replace([]any{service("a", "10.96.0.1", "required", nil)}, "1"); err == nil {
		t.Error("an object that was not converted was accepted")
	}
}

// A reflector holds all it is given while it lists: of 100,000 Services that are
// not ours, that is to be nothing.
func TestNothingIsKeptOfWhatIsNotOurs(t *testing.T) {
	none := func(runtime.Object) any { return nil }
	list, err := convertList(&corev1.ServiceList{
		ListMeta: metav1.ListMeta{ResourceVersion: "7", Continue: "more"},
		Items:    []corev1.Service{*service("a", "10.96.0.1", "", nil)},
	}, none)
	if err != nil {
		t.Fatal(err)
	}
	converted := list.(*metav1.List)
	if len(converted.Items) != 0 || converted.ResourceVersion != "7" || converted.Continue != "more" {
		t.Errorf("a list of nothing of ours became %+v", converted)
	}
	for kind, passed := range map[watch.EventType]bool{
		watch.Added: false, watch.Modified: true, watch.Deleted: true, watch.Bookmark: true, watch.Error: true,
	} {
		if _, ok := convertEvent(watch.Event{Type: kind, Object: service("a", "10.96.0.1", "", nil)}, none); ok != passed {
			t.Errorf("%s: passed on %t, want %t", kind, ok, passed)
		}
	}
}
