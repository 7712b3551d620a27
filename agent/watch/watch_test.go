package watch

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/agent/kube"
	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// owner has the index that a Watch edits.
type owner struct {
	mu    sync.Mutex
	index *routes.Index
	watch *Watch
	edits int
}

func start(t testing.TB, s *server, scope routes.Scope) *owner {
	t.Helper()
	client, err := kube.New(&rest.Config{Host: s.URL, QPS: 1000, Burst: 1000})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	o := &owner{
		index: routes.NewIndex(routes.Config{Node: "a", Scope: scope}),
		watch: New(Config{Client: client, Node: "a", Scope: scope, Log: logr.Discard()}),
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if err := o.watch.Run(ctx, o.apply); err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-stopped
	})
	return o
}

func (o *owner) apply(edit func(*routes.Index)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	edit(o.index)
	o.edits++
}

func (o *owner) table() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.index.Table().String()
}

// eventually waits for got to be want.
func eventually[T any](t *testing.T, what string, want T, got func() T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		diff := cmp.Diff(want, got())
		if diff == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: wanted (-), got (+):\n%s", what, diff)
		}
	}
}

func service(name, ip string, nodeLocal v1alpha1.NodeLocal, change func(*corev1.Service)) *corev1.Service {
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: name, Labels: map[string]string{}},
		Spec: corev1.ServiceSpec{
			ClusterIPs: []string{ip}, Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{{Port: 80}},
		},
	}
	if nodeLocal != "" {
		s.Labels[v1alpha1.LabelNodeLocal] = string(nodeLocal)
	}
	if change != nil {
		change(s)
	}
	return s
}

func pod(name, app, node, ip string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: name, Labels: map[string]string{"app": app}},
		Spec:       corev1.PodSpec{NodeName: node},
		Status: corev1.PodStatus{
			PodIP: ip, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
		},
	}
}

func slice(name, service, ip string, labels ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "core", Name: name, Labels: map[string]string{discoveryv1.LabelServiceName: service},
		},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Port: new(int32(80))}},
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{ip}, NodeName: new("b")}},
	}
	for _, label := range labels {
		key, value, _ := strings.Cut(label, "=")
		s.Labels[key] = value
	}
	return s
}

const (
	preferredSlices = "inshore.dev/node-local=preferred"
	fallbackSlices  = "inshore.dev/no-local-endpoint=fallback"
)

func fallback(s *corev1.Service) {
	s.Annotations = map[string]string{v1alpha1.AnnotationNoLocalEndpoint: "fallback"}
	s.Labels[v1alpha1.LabelNoLocalEndpoint] = "fallback"
}

// Both ways of listing lead to the same index: initial events, and lists of
// servers that know none.
func TestIndexFollowsTheCluster(t *testing.T) {
	for name, listsOnly := range map[string]bool{"initial events": false, "lists": true} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.listsOnly = listsOnly
			ours, cluster := service("ours", "10.96.0.1", "required", nil), service("theirs", "10.96.0.2", "", nil)
			here, there := pod("here", "ours", "a", "10.244.1.1"), pod("there", "ours", "b", "10.244.2.1")
			s.put(ours, cluster, here, there)
			o := start(t, s, routes.ScopeOptedIn)
			eventually(t, "at first", "10.96.0.1:80/tcp core/ours local=10.244.1.1:80 else=reject\n", o.table)
			s.put(pod("more", "ours", "a", "10.244.1.2"))
			eventually(t, "one more pod", "10.96.0.1:80/tcp core/ours local=10.244.1.1:80,10.244.1.2:80 else=reject\n", o.table)
			s.remove(here)
			eventually(t, "a pod less", "10.96.0.1:80/tcp core/ours local=10.244.1.2:80 else=reject\n", o.table)
			s.put(service("ours", "10.96.0.1", "", nil), service("theirs", "10.96.0.2", "required", nil))
			eventually(t, "one opted out, the other in", "10.96.0.2:80/tcp core/theirs else=reject\n", o.table)
		})
	}
}

// An agent of a cluster in which nothing leaves its node asks for nothing that
// grows with the cluster.
func TestNoSlicesAreAskedForWhenNothingLeavesTheNode(t *testing.T) {
	s := newServer(t)
	s.put(service("ours", "10.96.0.1", "required", nil), pod("here", "ours", "a", "10.244.1.1"),
		slice("ours-1", "ours", "10.244.2.1"), slice("theirs-1", "theirs", "10.244.2.2", preferredSlices))
	o := start(t, s, routes.ScopeOptedIn)
	eventually(t, "at first", "10.96.0.1:80/tcp core/ours local=10.244.1.1:80 else=reject\n", o.table)
	s.put(pod("here", "ours", "a", "10.244.1.2"))
	eventually(t, "a change", "10.96.0.1:80/tcp core/ours local=10.244.1.2:80 else=reject\n", o.table)
	if diff := cmp.Diff("pods: 1\nservices inshore.dev/node-local: 1", s.requests()); diff != "" {
		t.Errorf("requests: wanted (-), got (+):\n%s", diff)
	}
}

func TestSlicesAreWatchedWhileAServiceNeedsThem(t *testing.T) {
	s := newServer(t)
	always := []string{"pods", "services inshore.dev/node-local"}
	watched := func(more ...string) []string { return slices.Sorted(slices.Values(append(more, always...))) }
	s.put(slice("a-1", "a", "10.244.2.1", preferredSlices), slice("b-1", "b", "10.244.2.2", fallbackSlices),
		slice("c-1", "c", "10.244.2.3"), slice("d-1", "d", "10.244.2.4"))
	o := start(t, s, routes.ScopeOptedIn)
	eventually(t, "nothing needs any", watched(), s.watched)

	preferred := service("a", "10.96.0.1", "preferred", nil)
	s.put(preferred)
	eventually(t, "one is preferred", "10.96.0.1:80/tcp core/a fallback=10.244.2.1:80 else=fallback\n", o.table)
	eventually(t, "one is preferred", watched("endpointslices "+preferredSlices), s.watched)

	s.put(service("b", "10.96.0.2", "required", fallback))
	eventually(t, "one falls back", watched("endpointslices "+preferredSlices, "endpointslices "+fallbackSlices), s.watched)
	s.remove(preferred)
	eventually(t, "none is preferred", "10.96.0.2:80/tcp core/b fallback=10.244.2.2:80 else=fallback\n", o.table)
	eventually(t, "none is preferred", watched("endpointslices "+fallbackSlices), s.watched)

	s.put(service("b", "10.96.0.2", "required", nil), service("c", "10.96.0.3", "preferred", own))
	eventually(t, "one has no selector", "10.96.0.2:80/tcp core/b else=reject\n10.96.0.3:80/tcp core/c fallback=10.244.2.3:80 else=fallback\n", o.table)
	eventually(t, "one has no selector", watched("endpointslices kubernetes.io/service-name=c"), s.watched)
	s.put(service("b", "10.96.0.2", "", nil), service("c", "10.96.0.3", "", own))
	eventually(t, "none is left", watched(), s.watched)
	eventually(t, "none is left", "", o.table)
}

// Until its slices are there, a Service would seem to have no endpoint, and
// would be refused.
func TestServiceWaitsForItsSlices(t *testing.T) {
	s := newServer(t)
	before := service("a", "10.96.0.1", "required", nil)
	s.put(before, service("other", "10.96.0.9", "required", nil))
	o := start(t, s, routes.ScopeOptedIn)
	eventually(t, "at first", "10.96.0.1:80/tcp core/a else=reject\n10.96.0.9:80/tcp core/other else=reject\n", o.table)
	s.set(func() { s.withhold = "endpointslices" })
	s.put(slice("a-1", "a", "10.244.2.1", preferredSlices), service("a", "10.96.0.1", "preferred", nil),
		service("new", "10.96.0.2", "preferred", nil), service("brief", "10.96.0.3", "preferred", nil),
		service("other", "10.96.0.8", "required", nil))
	s.remove(service("brief", "10.96.0.3", "preferred", nil))
	s.put(service("last", "10.96.0.10", "required", nil))
	eventually(t, "slices are withheld",
		"10.96.0.1:80/tcp core/a else=reject\n10.96.0.8:80/tcp core/other else=reject\n10.96.0.10:80/tcp core/last else=reject\n", o.table)
	s.set(func() { s.withhold = "" })
	eventually(t, "they are there", "10.96.0.1:80/tcp core/a fallback=10.244.2.1:80 else=fallback\n"+
		"10.96.0.2:80/tcp core/new else=fallback\n10.96.0.8:80/tcp core/other else=reject\n10.96.0.10:80/tcp core/last else=reject\n", o.table)
}

func TestOutageKeepsWhatThereIsAndMissesNothing(t *testing.T) {
	s := newServer(t)
	gone, stays := service("gone", "10.96.0.1", "required", nil), service("stays", "10.96.0.2", "preferred", nil)
	old := pod("old", "stays", "a", "10.244.1.1")
	s.put(gone, stays, old, slice("stays-1", "stays", "10.244.2.1", preferredSlices), slice("stays-2", "stays", "10.244.2.2", preferredSlices))
	o := start(t, s, routes.ScopeOptedIn)
	before := "10.96.0.1:80/tcp core/gone else=reject\n10.96.0.2:80/tcp core/stays local=10.244.1.1:80 fallback=10.244.2.1:80,10.244.2.2:80 else=fallback\n"
	eventually(t, "before", before, o.table)

	s.set(func() { s.down = true })
	eventually(t, "the server is down", nil, s.watched)
	s.remove(gone)
	s.remove(old)
	s.remove(slice("stays-1", "stays", "10.244.2.1", preferredSlices))
	s.put(pod("new", "stays", "a", "10.244.1.2"))
	if diff := cmp.Diff(before, o.table()); diff != "" || o.watch.Ready() != nil {
		t.Errorf("while the server is down (ready: %v), wanted (-), got (+):\n%s", o.watch.Ready(), diff)
	}
	// Nobody can be told any more what happened meanwhile.
	s.set(func() { s.expired, s.down = len(s.history), false })
	eventually(t, "after", "10.96.0.2:80/tcp core/stays local=10.244.1.2:80 fallback=10.244.2.2:80 else=fallback\n", o.table)
}

// Nothing else ends the wait of a reflector whose server is down.
func TestBackoffEndsWithTheWatch(t *testing.T) {
	done := make(chan struct{})
	waited := promptClock{done: done}.After(time.Hour)
	select {
	case <-waited:
		t.Error("the wait ended by itself")
	default:
	}
	close(done)
	<-waited
}

func TestReadyNamesWhatIsMissing(t *testing.T) {
	s := newServer(t)
	s.put(service("a", "10.96.0.1", "preferred", nil))
	s.set(func() { s.withhold = "endpointslices" })
	o := start(t, s, routes.ScopeOptedIn)
	message := func() string {
		if err := o.watch.Ready(); err != nil {
			return strings.TrimPrefix(strings.Split(err.Error(), ":")[0], "waiting for the first list of ")
		}
		return ""
	}
	eventually(t, "the rest is there", "EndpointSlices with "+preferredSlices, message)
	if table := o.table(); table != "" {
		t.Errorf("a Service without its slices is routed: %s", table)
	}
	s.set(func() { s.withhold = "" })
	eventually(t, "everything is there", "", message)
	s.set(func() { s.withhold = "endpointslices" })
	s.put(service("b", "10.96.0.2", "required", fallback), service("c", "10.96.0.3", "required", nil))
	eventually(t, "one more waits", "10.96.0.1:80/tcp core/a else=fallback\n10.96.0.3:80/tcp core/c else=reject\n", o.table)
	if err := o.watch.Ready(); err != nil {
		t.Errorf("ready once and then not: %v", err)
	}
}

// With the scope local every Service is looked at, and only those of ours kept.
func TestScopeLocalKeepsOnlyOurs(t *testing.T) {
	local := func(s *corev1.Service) { s.Spec.InternalTrafficPolicy = new(corev1.ServiceInternalTrafficPolicyLocal) }
	s := newServer(t)
	s.put(service("theirs", "10.96.0.1", "", nil), service("local", "10.96.0.2", "", local))
	o := start(t, s, routes.ScopeLocal)
	known := func() []string {
		o.mu.Lock()
		defer o.mu.Unlock()
		var names []string
		for service := range o.index.Services() {
			names = append(names, service.Name)
		}
		slices.Sort(names)
		return names
	}
	eventually(t, "at first", []string{"local"}, known)
	s.put(service("theirs", "10.96.0.1", "", local), service("new", "10.96.0.3", "", nil))
	eventually(t, "another becomes local", []string{"local", "theirs"}, known)
	s.put(service("local", "10.96.0.2", "", nil))
	eventually(t, "and one is no longer", []string{"theirs"}, known)
	if got := s.watched(); !slices.Equal(got, []string{"pods", "services"}) {
		t.Errorf("watched: %q, want all Services, the node's pods and no slices", got)
	}
}

// A list is one edit: a table made of half of one would take routes away.
func TestListIsOneEdit(t *testing.T) {
	s := newServer(t)
	for i := range byte(50) {
		s.put(service("s"+string('a'+rune(i%26))+string('a'+rune(i/26)), "10.96.1."+string('0'+rune(i%10)), "required", nil))
	}
	o := start(t, s, routes.ScopeOptedIn)
	eventually(t, "everything", true, func() bool { return o.watch.Ready() == nil })
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.edits != 2 {
		t.Errorf("%d edits, want one for the Services and one for the pods", o.edits)
	}
}
