package watch

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// server is as much of an API server as watches need: lists, and watches with
// history, initial events, bookmarks and expiry.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	cond *sync.Cond
	// history has every event there was, by resource; its index is the version.
	history []event
	// expired is the version before which nothing can be watched from.
	expired int
	down    bool
	// listsOnly is a server that knows no initial events (before 1.32).
	listsOnly bool
	// withhold is a resource that is not answered yet.
	withhold string
	// asked counts requests by resource and selectors; open are those watched now.
	asked map[string]int
	open  map[string]int
}

type event struct {
	resource, kind string
	before, after  metav1.Object // nil for none.
}

func newServer(t testing.TB) *server {
	s := &server{asked: map[string]int{}, open: map[string]int{}, history: make([]event, 1)}
	s.cond = sync.NewCond(&s.mu)
	s.Server = httptest.NewServer(s)
	t.Cleanup(func() {
		s.set(func() { s.down = true })
		s.Close()
	})
	return s
}

// set changes the server and wakes its watches.
func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.cond.Broadcast()
}

// put adds or replaces objects.
func (s *server) put(objects ...metav1.Object) {
	s.set(func() {
		for _, o := range objects {
			resource, kind := resourceOf(o)
			o.SetResourceVersion(strconv.Itoa(len(s.history)))
			before := s.at(resource, len(s.history))[o.GetNamespace()+"/"+o.GetName()]
			s.history = append(s.history, event{resource, kind, before, o})
		}
	})
}

func (s *server) remove(o metav1.Object) {
	s.set(func() {
		resource, kind := resourceOf(o)
		s.history = append(s.history, event{resource, kind, o, nil})
	})
}

func resourceOf(o metav1.Object) (resource, kind string) {
	switch o.(type) {
	case *corev1.Service:
		return "services", "Service"
	case *corev1.Pod:
		return "pods", "Pod"
	}
	return "endpointslices", "EndpointSlice"
}

// at is what there was of a resource at a version.
func (s *server) at(resource string, version int) map[string]metav1.Object {
	objects := map[string]metav1.Object{}
	for _, e := range s.history[1:version] {
		if e.resource != resource {
			continue
		}
		if e.after == nil {
			delete(objects, e.before.GetNamespace()+"/"+e.before.GetName())
		} else {
			objects[e.after.GetNamespace()+"/"+e.after.GetName()] = e.after
		}
	}
	return objects
}

// matcher is the selection of a request.
func matcher(r *http.Request) (func(metav1.Object) bool, error) {
	selector, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		return nil, err
	}
	node, ofNode := strings.CutPrefix(r.URL.Query().Get("fieldSelector"), "spec.nodeName=")
	_, namespace, _ := strings.Cut(r.URL.Path, "/namespaces/")
	namespace, _, _ = strings.Cut(namespace, "/")
	return func(o metav1.Object) bool {
		if o == nil || namespace != "" && o.GetNamespace() != namespace || !selector.Matches(labels.Set(o.GetLabels())) {
			return false
		}
		pod, isPod := o.(*corev1.Pod)
		return !isPod || ofNode && pod.Spec.NodeName == node
	}, nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	resource := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	for s.withhold == resource && !s.down {
		s.cond.Wait()
	}
	if s.down {
		panic(http.ErrAbortHandler)
	}
	key := resource
	if selector := r.URL.Query().Get("labelSelector"); selector != "" {
		key += " " + selector
	}
	s.asked[key]++
	matches, err := matcher(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("watch") == "" {
		s.list(w, resource, matches)
		return
	}
	s.open[key]++
	defer func() { s.open[key]-- }()
	s.watch(w, r, resource, matches)
}

func (s *server) list(w http.ResponseWriter, resource string, matches func(metav1.Object) bool) {
	list := map[string]any{"metadata": map[string]string{"resourceVersion": strconv.Itoa(len(s.history) - 1)}}
	list["apiVersion"], list["kind"] = "v1", map[string]string{"services": "ServiceList", "pods": "PodList"}[resource]
	if resource == "endpointslices" {
		list["apiVersion"], list["kind"] = "discovery.k8s.io/v1", "EndpointSliceList"
	}
	items := []metav1.Object{}
	objects := s.at(resource, len(s.history))
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		if matches(objects[name]) {
			items = append(items, objects[name])
		}
	}
	list["items"] = items
	_ = json.NewEncoder(w).Encode(list)
}

func (s *server) watch(w http.ResponseWriter, r *http.Request, resource string, matches func(metav1.Object) bool) {
	version, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion"))
	out := json.NewEncoder(w)
	if r.URL.Query().Get("sendInitialEvents") != "" {
		if s.listsOnly {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_ = out.Encode(metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: "Failure", Reason: metav1.StatusReasonInvalid, Code: 422})
			return
		}
		version = len(s.history) - 1
		for _, o := range s.at(resource, version+1) {
			if matches(o) {
				_ = out.Encode(frame("ADDED", resource, o))
			}
		}
		_ = out.Encode(frame("BOOKMARK", resource, &metav1.ObjectMeta{
			ResourceVersion: strconv.Itoa(version), Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"},
		}))
	} else if version < s.expired {
		_ = out.Encode(map[string]any{"type": "ERROR", "object": metav1.Status{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: "Failure", Reason: metav1.StatusReasonExpired, Code: 410,
		}})
		return
	}
	stop := r.Context().Done()
	go func() {
		<-stop
		s.set(func() {})
	}()
	for {
		w.(http.Flusher).Flush()
		for ; version+1 < len(s.history); version++ {
			s.send(out, s.history[version+1], resource, matches)
		}
		w.(http.Flusher).Flush()
		if s.down {
			panic(http.ErrAbortHandler)
		}
		if r.Context().Err() != nil {
			return
		}
		s.cond.Wait()
	}
}

// send writes an event as it looks through a selection.
func (s *server) send(out *json.Encoder, e event, resource string, matches func(metav1.Object) bool) {
	if e.resource != resource {
		return
	}
	switch had, has := matches(e.before), matches(e.after); {
	case had && has:
		_ = out.Encode(frame("MODIFIED", resource, e.after))
	case has:
		_ = out.Encode(frame("ADDED", resource, e.after))
	case had:
		_ = out.Encode(frame("DELETED", resource, e.before))
	}
}

func frame(what, resource string, o metav1.Object) map[string]any {
	var object map[string]any
	raw, err := json.Marshal(o)
	if err == nil {
		err = json.Unmarshal(raw, &object)
	}
	if err != nil {
		panic(err)
	}
	if what == "BOOKMARK" {
		object = map[string]any{"metadata": object}
	}
	object["apiVersion"], object["kind"] = "v1", map[string]string{"services": "Service", "pods": "Pod"}[resource]
	if resource == "endpointslices" {
		object["apiVersion"], object["kind"] = "discovery.k8s.io/v1", "EndpointSlice"
	}
	return map[string]any{"type": what, "object": object}
}

// requests are those there were, sorted, each with how often.
func (s *server) requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for key, n := range s.asked {
		all = append(all, fmt.Sprintf("%s: %d", key, n))
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

// watched is what is watched now, sorted.
func (s *server) watched() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for key, n := range s.open {
		if n > 0 {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}
