package oci_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// registry keeps what is pushed to it, by the paths of the distribution
// specification (v1.1): /v2/NAME/blobs/DIGEST and /v2/NAME/manifests/REFERENCE.
type registry struct {
	mu      sync.Mutex
	content map[string][]byte
	types   map[string]string
	// broken makes every blob come with a byte changed.
	broken bool
}

func newRegistry(t *testing.T) (*registry, string) {
	t.Helper()
	r := &registry{content: map[string][]byte{}, types: map[string]string{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, strings.TrimPrefix(server.URL, "http://")
}

func (r *registry) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := request.URL.Path
	switch request.Method {
	case http.MethodGet, http.MethodHead:
		r.give(w, path)
	case http.MethodPost:
		w.Header().Set("Location", strings.Replace(path, "/uploads/", "/", 1))
		w.WriteHeader(http.StatusAccepted)
	case http.MethodPut:
		data, _ := io.ReadAll(request.Body)
		sum := sha256.Sum256(data)
		digest := "sha256:" + hex.EncodeToString(sum[:])
		parent := path[:strings.LastIndex(path, "/")+1]
		r.content[parent+digest], r.types[parent+digest] = data, request.Header.Get("Content-Type")
		if strings.Contains(path, "/manifests/") {
			r.content[path], r.types[path] = data, request.Header.Get("Content-Type")
		}
		w.Header().Set("Docker-Content-Digest", digest)
		w.WriteHeader(http.StatusCreated)
	}
}

func (r *registry) give(w http.ResponseWriter, path string) {
	data, ok := r.content[path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	sum := sha256.Sum256(data)
	w.Header().Set("Content-Type", r.types[path])
	w.Header().Set("Docker-Content-Digest", "sha256:"+hex.EncodeToString(sum[:]))
	if r.broken && strings.Contains(path, "/blobs/") {
		data = append([]byte{data[0] + 1}, data[1:]...)
	}
	_, _ = w.Write(data)
}
