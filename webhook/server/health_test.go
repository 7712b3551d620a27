package server

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr/funcr"
)

func TestReadiness(t *testing.T) {
	ok := func() error { return nil }
	untrusted := func() error { return errors.New("its caBundle is empty") }
	cases := map[string]struct {
		checks []Check
		stop   bool
		code   int
		says   []string
	}{
		"is there when every check is": {
			checks: []Check{{"certificate", ok}, {"related objects", ok}},
			code:   http.StatusOK, says: []string{"[+] certificate\n", "[+] related objects\n"},
		},
		"names the check that fails, and why": {
			checks: []Check{{"certificate", untrusted}, {"related objects", ok}},
			code:   http.StatusServiceUnavailable, says: []string{"[-] certificate: its caBundle is empty\n", "[+] related objects\n"},
		},
		"ends with Stop, whatever the checks say": {
			checks: []Check{{"certificate", ok}}, stop: true,
			code: http.StatusServiceUnavailable, says: []string{"[-] serving: shutting down\n", "[+] certificate\n"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			health := NewHealth(funcr.New(func(string, string) {}, funcr.Options{}), c.checks...)
			if c.stop {
				health.Stop()
			}
			w := probe(health, "/readyz")
			if w.Code != c.code {
				t.Errorf("got %d, want %d", w.Code, c.code)
			}
			for _, want := range c.says {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("%q lacks %q", w.Body, want)
				}
			}
			if w := probe(health, "/healthz"); w.Code != http.StatusOK {
				t.Errorf("/healthz is %d: a restart would not help", w.Code)
			}
			if w := probe(health, "/"); w.Code != http.StatusNotFound {
				t.Errorf("/ is %d", w.Code)
			}
		})
	}
}

func TestReadinessIsLoggedWhenItChanges(t *testing.T) {
	var lines []string
	log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
	var failure error
	health := NewHealth(log, Check{"certificate", func() error { return failure }})
	for _, failure = range []error{errors.New("a"), errors.New("a"), errors.New("b"), nil, nil, errors.New("a")} {
		probe(health, "/readyz")
	}
	if len(lines) != 4 {
		t.Errorf("%d lines for four changes:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}

func probe(handler http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}
