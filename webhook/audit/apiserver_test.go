package audit

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
)

// apiServer holds Services, DaemonSets and reports by their paths, as far as audit
// uses them.
type apiServer struct {
	mu      sync.Mutex
	objects map[string]map[string]any
	version int
	// withoutReports is a cluster that does not know OpenReports.
	withoutReports bool
	// writes are the methods and paths of all writes that succeeded.
	writes []string
	// refuse answers a write with 403 and this message, if it is not empty.
	refuse string
	// before is called before a write to an object, once.
	before func()
	// admit changes what is written into an object, if it is not nil.
	admit func(object map[string]any)
}

const reportsFolder = "/apis/openreports.io/v1alpha1/"

func (a *apiServer) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	path := req.URL.Path
	isReport := strings.HasPrefix(path, reportsFolder)
	switch {
	case isReport && a.withoutReports:
		fail(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	case req.Method == http.MethodGet && path == reportsFolder+"reports":
		a.list(w)
	case req.Method == http.MethodGet && a.objects[path] != nil:
		_ = json.NewEncoder(w).Encode(a.objects[path])
	case req.Method == http.MethodDelete && a.objects[path] != nil:
		delete(a.objects, path)
		a.writes = append(a.writes, "DELETE "+path)
		fmt.Fprint(w, `{"kind":"Status","apiVersion":"v1","status":"Success"}`)
	case req.Method == http.MethodPatch && (isReport || a.objects[path] != nil):
		a.patch(w, req)
	default:
		fail(w, http.StatusNotFound, "NotFound", path+" not found")
	}
}

func (a *apiServer) list(w http.ResponseWriter) {
	list := map[string]any{"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": map[string]any{}}
	var items []any
	for _, path := range slices.Sorted(maps.Keys(a.objects)) {
		if strings.HasPrefix(path, reportsFolder) {
			items = append(items, map[string]any{"metadata": a.objects[path]["metadata"]})
		}
	}
	list["items"] = items
	_ = json.NewEncoder(w).Encode(list)
}

func (a *apiServer) patch(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	if before := a.before; before != nil && !strings.HasPrefix(req.URL.Path, reportsFolder) {
		a.before = nil
		before()
	}
	path := req.URL.Path
	if a.refuse != "" {
		fail(w, http.StatusForbidden, "Forbidden", a.refuse)
		return
	}
	next := map[string]any{}
	switch req.Header.Get("Content-Type") {
	case "application/apply-patch+yaml":
		if req.URL.Query().Get("fieldManager") == "" || req.URL.Query().Get("force") != "true" {
			fail(w, http.StatusBadRequest, "BadRequest", "apply needs a field manager")
			return
		}
		err = json.Unmarshal(body, &next)
	case "application/json-patch+json":
		if err = a.apply(path, body, &next); err == nil && a.admit != nil {
			a.admit(next)
		}
	default:
		err = fmt.Errorf("got %s", req.Header.Get("Content-Type"))
	}
	if err != nil {
		fail(w, http.StatusUnprocessableEntity, "Invalid", err.Error())
		return
	}
	a.put(path, next)
	a.writes = append(a.writes, "PATCH "+path)
	_ = json.NewEncoder(w).Encode(next)
}

func (a *apiServer) apply(path string, body []byte, next *map[string]any) error {
	patch, err := jsonpatch.DecodePatch(body)
	if err != nil {
		return err
	}
	before, err := json.Marshal(a.objects[path])
	if err != nil {
		return err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return err
	}
	return json.Unmarshal(after, next)
}

// put stores an object as another version.
func (a *apiServer) put(path string, object map[string]any) {
	a.version++
	object["metadata"].(map[string]any)["resourceVersion"] = strconv.Itoa(a.version)
	a.objects[path] = object
}

func fail(w http.ResponseWriter, code int, reason, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": message,
	})
}

// written are the writes since the last call.
func (a *apiServer) written() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	writes := a.writes
	a.writes = nil
	return writes
}

// get is a copy of what is stored.
func (a *apiServer) get(t testing.TB, path string) map[string]any {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	text, err := json.Marshal(a.objects[path])
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object
}
