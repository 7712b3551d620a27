package bundles_test

import (
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/inshore-dev/inshore/policies/bundle"
)

const (
	good   = `violation contains {"field": "spec"} if input.object.metadata.name == "wrong"`
	broken = `violation contains nothing`
	loops  = `violation contains {"field": "spec"} if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a * b < 0
}`
)

// rule is a file with one rule.
func rule(id, body string) string {
	return fmt.Sprintf(`# METADATA
# title: A rule
# custom:
#   id: %s
#   severity: warning
#   kinds: [Service, DaemonSet]
#   message: "{object} is wrong."
#   remedy: Right it.
package acme.%s

%s
`, id, strings.ToLower(id), body)
}

// keys are the files of a secret and of another one.
func keys(t *testing.T) (ours, theirs string) {
	t.Helper()
	folder := t.TempDir()
	ours, theirs = filepath.Join(folder, "ours"), filepath.Join(folder, "theirs")
	for _, file := range []string{ours, theirs} {
		must(t, os.WriteFile(file, []byte("the secret in the file "+file), 0o600))
	}
	return ours, theirs
}

// packed is a signed bundle of rules by id; an empty key signs nothing.
func packed(t *testing.T, key string, rules map[string]string) []byte {
	t.Helper()
	files := map[string]string{}
	for id, body := range rules {
		files[id+".rego"] = rule(id, body)
	}
	content, err := bundle.New(files)
	must(t, err)
	var signing *bundle.SigningKey
	if key != "" {
		signing, err = bundle.ReadSigningKey(key, "")
		must(t, err)
	}
	data, err := content.Write(signing)
	must(t, err)
	return data
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shop is a server of one bundle that answers as it is told.
type shop struct {
	*httptest.Server
	mu      sync.Mutex
	answer  http.HandlerFunc
	request *http.Request // the last one
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// newTLSShop has a certificate of an authority that nobody knows.
func newTLSShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	s.Server = httptest.NewUnstartedServer(s)
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that should fail
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// authority is what vouches for a shop with a certificate, in PEM.
func (s *shop) authority() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answer
	s.request = r
	s.mu.Unlock()
	answer(w, r)
}

func (s *shop) sell(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *shop) last() *http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.request
}

// bytesOf answers with data, and with 304 to whoever has it.
func bytesOf(data []byte, etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if etag != "" {
			w.Header().Set("ETag", etag)
			if r.Header.Get("If-None-Match") == etag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		_, _ = w.Write(data)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}
