package agent

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// api is as much of an API server as an agent asks for: Services and pods to
// watch, and a record of what was written. It can be switched off.
type api struct {
	*httptest.Server

	mu      sync.Mutex
	objects map[string][]metav1.Object // By resource.
	version int
	// watchers get what is set, by resource.
	watchers map[chan frame]string
	off      bool
	// patched are the bodies of patches of pods/status, by pod; written counts
	// other writes by method and resource.
	patched map[string]string
	written map[string]int
	// daemonSet answers for our DaemonSet: a status code, and whether it is being deleted.
	daemonSet int
	deleting  bool
}

type frame struct {
	Type   string `json:"type"`
	Object any    `json:"object"`
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{
		objects: map[string][]metav1.Object{}, watchers: map[chan frame]string{}, version: 1,
		patched: map[string]string{}, written: map[string]int{}, daemonSet: http.StatusOK,
	}
	a.Server = httptest.NewServer(a)
	t.Cleanup(func() {
		a.CloseClientConnections() // Watches.
		a.Close()
	})
	return a
}

// kubeconfig writes a file that names the server.
func (a *api) kubeconfig(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: %q}}]\n"+
		"contexts: [{name: c, context: {cluster: c}}]\ncurrent-context: c\n", a.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// set adds an object, or replaces the one of that name.
func (a *api) set(o metav1.Object) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version++
	o.SetResourceVersion(fmt.Sprint(a.version))
	resource := "services"
	if _, is := o.(*corev1.Pod); is {
		resource = "pods"
	}
	kind := "ADDED"
	for i, known := range a.objects[resource] {
		if known.GetName() == o.GetName() {
			kind = "MODIFIED"
			a.objects[resource] = append(a.objects[resource][:i:i], a.objects[resource][i+1:]...)
			break
		}
	}
	a.objects[resource] = append(a.objects[resource], o)
	for w, of := range a.watchers {
		if of == resource {
			w <- frame{kind, o}
		}
	}
}

// switchOff makes the server fail everything and end every watch; or the reverse.
func (a *api) switchOff(off bool) {
	a.mu.Lock()
	a.off = off
	a.mu.Unlock()
	if off {
		a.CloseClientConnections()
	}
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	off := a.off
	a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	parts := strings.Split(r.URL.Path, "/")
	switch {
	case off:
		refuse(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
	case strings.HasSuffix(r.URL.Path, "/status") && r.Method == http.MethodPatch:
		body, _ := io.ReadAll(r.Body)
		a.mu.Lock()
		a.patched[parts[len(parts)-2]] = string(body)
		a.mu.Unlock()
		fmt.Fprint(w, `{"kind":"Pod","apiVersion":"v1"}`)
	case strings.Contains(r.URL.Path, "/daemonsets/"):
		a.answerDaemonSet(w)
	case r.Method != http.MethodGet:
		a.mu.Lock()
		a.written[r.Method+" "+parts[6]]++
		a.mu.Unlock()
		fmt.Fprint(w, `{"kind":"Lease","apiVersion":"coordination.k8s.io/v1"}`)
	case strings.Contains(r.URL.Path, "/leases/"):
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
	case r.URL.Query().Get("watch") != "":
		a.watch(w, r, parts[len(parts)-1])
	default:
		a.list(w, parts[len(parts)-1])
	}
}

func (a *api) answerDaemonSet(w http.ResponseWriter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.daemonSet {
	case http.StatusOK:
		deletion := ""
		if a.deleting {
			deletion = `,"deletionTimestamp":"2026-01-01T00:00:00Z"`
		}
		fmt.Fprintf(w, `{"kind":"DaemonSet","apiVersion":"apps/v1","metadata":{"name":"inshore-agent"%s}}`, deletion)
	case http.StatusNotFound:
		refuse(w, a.daemonSet, metav1.StatusReasonNotFound)
	case http.StatusForbidden:
		refuse(w, a.daemonSet, metav1.StatusReasonForbidden)
	case http.StatusUnauthorized:
		refuse(w, a.daemonSet, metav1.StatusReasonUnauthorized)
	default:
		refuse(w, a.daemonSet, metav1.StatusReasonInternalError)
	}
}

func refuse(w http.ResponseWriter, code int, reason metav1.StatusReason) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Code: int32(code), Reason: reason, Message: string(reason),
	})
}

var lists = map[string]string{"services": "v1 ServiceList", "pods": "v1 PodList", "endpointslices": "discovery.k8s.io/v1 EndpointSliceList"}

func (a *api) list(w http.ResponseWriter, resource string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	version, kind, _ := strings.Cut(lists[resource], " ")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": version, "kind": kind, "items": a.objects[resource], "metadata": map[string]any{"resourceVersion": fmt.Sprint(a.version)},
	})
}

// watch streams what is set from now on; with sendInitialEvents first what there is.
func (a *api) watch(w http.ResponseWriter, r *http.Request, resource string) {
	frames := make(chan frame, 1000)
	a.mu.Lock()
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		for _, o := range a.objects[resource] {
			frames <- frame{"ADDED", o}
		}
		version, list, _ := strings.Cut(lists[resource], " ")
		frames <- frame{"BOOKMARK", map[string]any{"apiVersion": version, "kind": strings.TrimSuffix(list, "List"), "metadata": map[string]any{
			"resourceVersion": fmt.Sprint(a.version), "annotations": map[string]string{metav1.InitialEventsAnnotationKey: "true"},
		}}}
	}
	a.watchers[frames] = resource
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.watchers, frames)
	}()
	out := json.NewEncoder(w)
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case f := <-frames:
			if out.Encode(f) != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	}
}

func (a *api) patch(pod string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.patched[pod]
}

func (a *api) writes(what string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.written[what]
}
