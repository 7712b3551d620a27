package registration

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/inshore-dev/inshore/e2e/outside"
)

// listener is a webhook that allows everything and notes which calls it got.
type listener struct {
	mu    sync.Mutex
	calls []string
	// patch is what mutation answers; empty for nothing.
	patch string
}

// listen starts one, and returns where an API server finds it and what vouches for
// it.
func listen(t *testing.T) (l *listener, address string, bundle string) {
	t.Helper()
	certificate, bundle, err := shared.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	local := outside.FreeAddress(t)
	socket, err := tls.Listen("tcp", local, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	l = &listener{}
	server := &http.Server{Handler: l}
	go func() { _ = server.Serve(socket) }()
	t.Cleanup(func() { _ = server.Close() })
	return l, outside.Relay(t, shared, local), bundle
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var review admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls = append(l.calls, r.URL.Path)
	response := &admissionv1.AdmissionResponse{UID: review.Request.UID, Allowed: true}
	if patch := l.answer(r.URL.Path); patch != "" {
		response.Patch, response.PatchType = []byte(patch), new(admissionv1.PatchTypeJSONPatch)
	}
	review.Request, review.Response = nil, response
	_ = json.NewEncoder(w).Encode(review)
}

func (l *listener) answer(path string) string {
	switch path {
	case "/mutate/services", "/mutate/daemonsets":
		return l.patch
	case "/other":
		return `[{"op": "add", "path": "/spec/internalTrafficPolicy", "value": "Cluster"}]`
	}
	return ""
}

// answers sets what mutation answers from now on.
func (l *listener) answers(patch string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.patch = patch
}

// take are the paths of the calls since the last time, in the order of the
// alphabet: validation is asked in any.
func (l *listener) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls
	l.calls = nil
	slices.Sort(calls)
	return calls
}
