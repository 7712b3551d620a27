package mirror

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
)

func service(name string) *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: "core", ResourceVersion: "7",
			Annotations: map[string]string{v1alpha1.AnnotationNodeLocal: "required"},
		},
		Spec: corev1.ServiceSpec{Selector: map[string]string{"app": "mcrouter"}},
	}
}

// known are the Services in the store that select the daemon's pods.
func known(store *related.Store) []string {
	daemon := &input.DaemonSet{Metadata: input.Metadata{Name: "mcrouter", Namespace: "core"}}
	daemon.Spec.Template.Metadata.Labels = map[string]string{"app": "mcrouter"}
	var names []string
	for _, s := range store.For(daemon).Services {
		names = append(names, s.Metadata.Name)
	}
	slices.Sort(names)
	return names
}

// cluster is an API server with one kind.
type cluster struct {
	pages  []*corev1.ServiceList
	events *watch.FakeWatcher
}

func (c *cluster) list(_ context.Context, options metav1.ListOptions) (*corev1.ServiceList, error) {
	if options.Continue == "2" {
		return c.pages[1], nil
	}
	return c.pages[0], nil
}

func (c *cluster) watch(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
	if options.SendInitialEvents != nil && *options.SendInitialEvents {
		return nil, errors.New("the server could not understand the request") // as before Kubernetes 1.32
	}
	return c.events, nil
}

func TestStoreFollowsTheCluster(t *testing.T) {
	c := &cluster{events: watch.NewFake(), pages: []*corev1.ServiceList{
		{ListMeta: metav1.ListMeta{ResourceVersion: "9", Continue: "2"}, Items: []corev1.Service{*service("a")}},
		{ListMeta: metav1.ListMeta{ResourceVersion: "9"}, Items: []corev1.Service{*service("b")}},
	}}
	store := &related.Store{}
	m := &Mirror{sinks: map[string]*sink{}, log: logr.Discard()}
	add(m, "Service", store, from(c.list, c.watch, func(s *corev1.Service) any { return ProjectService(s) }),
		func(key cache.ObjectName) { store.DeleteService(key.Namespace, key.Name) })
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	go func() { stopped <- m.Start(ctx) }()

	eventually(t, "both pages of the list", store, "a", "b")
	if !m.sinks["Service"].synced.Load() {
		t.Error("the list has arrived and it is not synced")
	}
	c.events.Add(service("c"))
	eventually(t, "an added one", store, "a", "b", "c")
	moved := service("a")
	moved.Spec.Selector = map[string]string{"app": "other"}
	c.events.Modify(moved)
	eventually(t, "a changed selector", store, "b", "c")
	c.events.Delete(service("b"))
	eventually(t, "a deletion", store, "c")
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// eventually waits for the store to hold the Services.
func eventually(t *testing.T, what string, store *related.Store, want ...string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		got := known(store)
		if slices.Equal(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: the store has %v, want %v", what, got, want)
		}
	}
}

func TestNewListTakesAwayWhatItNoLongerHolds(t *testing.T) {
	store := &related.Store{}
	s := newSink("Service", store, func(key cache.ObjectName) { store.DeleteService(key.Namespace, key.Name) })
	replace := func(names ...string) {
		var objects []any
		for _, name := range names {
			p, err := source[*corev1.Service]{project: func(s *corev1.Service) any { return ProjectService(s) }}.projected(service(name))
			if err != nil {
				t.Fatal(err)
			}
			objects = append(objects, p)
		}
		if err := s.Replace(objects, "1"); err != nil {
			t.Fatal(err)
		}
	}
	replace("a", "b")
	replace("b", "c")
	if got := known(store); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the store has %v, want b and c", got)
	}
	if err := s.Add(service("d")); err == nil {
		t.Error("an object that was not projected was accepted")
	}
}

func TestBookmarkKeepsWhatEndsTheInitialList(t *testing.T) {
	s := source[*corev1.Service]{project: func(s *corev1.Service) any { return ProjectService(s) }}
	bookmark := &corev1.Service{ObjectMeta: metav1.ObjectMeta{
		ResourceVersion: "42", Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"},
	}}
	got, err := s.projected(bookmark)
	if err != nil {
		t.Fatal(err)
	}
	p := got.(*projected)
	if p.ResourceVersion != "42" || p.Annotations[metav1.InitialEventsAnnotationKey] != "true" {
		t.Errorf("got %+v", p.ObjectMeta)
	}
}

func TestErrorEventsPassAsTheyAre(t *testing.T) {
	events := watch.NewFakeWithChanSize(1, false)
	s := source[*corev1.Service]{
		watch:   func(context.Context, metav1.ListOptions) (watch.Interface, error) { return events, nil },
		project: func(s *corev1.Service) any { return ProjectService(s) },
	}
	w, err := s.projectedWatch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	events.Error(&metav1.Status{Code: 410})
	if event := <-w.ResultChan(); event.Type != watch.Error {
		t.Errorf("got %+v", event)
	} else if _, ok := event.Object.(*metav1.Status); !ok {
		t.Errorf("got a %T", event.Object)
	}
}

func TestReadinessNamesTheKindsThatAreMissing(t *testing.T) {
	m := &Mirror{sinks: map[string]*sink{}}
	for _, name := range []string{"Service", "DaemonSet", "Deployment", "StatefulSet"} {
		m.sinks[name] = newSink(name, &related.Store{}, nil)
		m.sinks[name].synced.Store(name != "Deployment")
	}
	err := m.Ready()
	if err == nil || !strings.Contains(err.Error(), "first list of Deployments:") {
		t.Errorf("got %v", err)
	}
	m.sinks["Deployment"].synced.Store(true)
	if err := m.Ready(); err != nil {
		t.Error(err)
	}
}

// apiServer answers GET /version.
type apiServer struct {
	info *version.Info
	err  error
}

func (a *apiServer) ServerVersion() (*version.Info, error) { return a.info, a.err }

func TestVersion(t *testing.T) {
	for name, c := range map[string]struct {
		major, minor string
		want         v1alpha1.Version
		fails        bool
	}{
		"as Kubernetes reports it": {major: "1", minor: "36", want: v1alpha1.Version{Major: 1, Minor: 36}},
		"as providers report it":   {major: "1", minor: "33+", want: v1alpha1.Version{Major: 1, Minor: 33}},
		"empty":                    {fails: true, want: v1alpha1.OldestSupported},
		"words":                    {major: "1", minor: "latest", fails: true, want: v1alpha1.OldestSupported},
	} {
		t.Run(name, func(t *testing.T) {
			v := NewVersion(&apiServer{info: &version.Info{Major: c.major, Minor: c.minor}}, clocktesting.NewFakeClock(time.Now()), logr.Discard())
			if err := v.Read(); (err != nil) != c.fails {
				t.Errorf("got %v", err)
			}
			if got := v.Get(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if (v.Ready() != nil) != c.fails {
				t.Errorf("ready: %v", v.Ready())
			}
		})
	}
}

func TestVersionIsReadAgain(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Now())
	api := &apiServer{info: &version.Info{Major: "1", Minor: "33"}}
	v := NewVersion(api, clock, logr.Discard())
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error)
	if err := v.Read(); err != nil {
		t.Fatal(err)
	}
	api.info = &version.Info{Major: "1", Minor: "34"}
	go func() { stopped <- v.Start(ctx) }()
	for v.Get() != v1alpha1.PreferSameNodeSince {
		clock.Step(VersionInterval)
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestEachNamespaceThatChangedIsTold(t *testing.T) {
	store := &related.Store{}
	s := newSink("Service", store, func(key cache.ObjectName) { store.DeleteService(key.Namespace, key.Name) })
	var told []string
	s.changed = func(namespace string) { told = append(told, namespace) }
	in := func(namespace, policy string) any {
		object := service("a")
		object.Namespace, object.Spec.SessionAffinity = namespace, corev1.ServiceAffinity(policy)
		p, err := source[*corev1.Service]{project: func(s *corev1.Service) any { return ProjectService(s) }}.projected(object)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, err := range []error{
		s.Add(in("added", "None")), s.Update(in("updated", "None")), s.Update(in("updated", "ClientIP")),
		s.Update(in("updated", "ClientIP")), s.Delete(in("deleted", "None")), s.Replace([]any{in("updated", "None")}, "9"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"added", "updated", "updated", "deleted", "updated", "added"}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q: nothing for an equal object, and what a new list no longer holds last", told, want)
	}
}
