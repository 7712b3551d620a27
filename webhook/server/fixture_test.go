package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/decisionlog"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// fixture is the handler around an empty cluster.
type fixture struct {
	handler  http.Handler
	registry *prometheus.Registry
}

func newFixture(tb testing.TB, log logr.Logger) *fixture {
	tb.Helper()
	return newFixtureWith(tb, log, nil)
}

func newFixtureWith(tb testing.TB, log logr.Logger, decisions *decisionlog.Log) *fixture {
	tb.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	handler, err := NewHandler(Config{
		Platform: func() v1alpha1.Platform {
			return v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}
		},
		Rules: func() validate.Rules { return validate.Rules{Engine: engine} }, Related: &related.Store{}, Metrics: NewMetrics(registry), Decisions: decisions, Log: log,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return &fixture{handler: handler, registry: registry}
}

// post sends body as an API server does.
func (f *fixture) post(path string, body []byte) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, req)
	return w
}

// review posts body and decodes the answer, which must be a review.
func (f *fixture) review(tb testing.TB, path string, body []byte) *admissionv1.AdmissionResponse {
	tb.Helper()
	w := f.post(path, body)
	if w.Code != http.StatusOK {
		tb.Fatalf("got %d: %s", w.Code, w.Body)
	}
	return decodeAnswer(tb, w.Body.Bytes())
}

// decodeAnswer is the response in an answer, read as strictly as can be.
func decodeAnswer(tb testing.TB, answer []byte) *admissionv1.AdmissionResponse {
	tb.Helper()
	decoder := json.NewDecoder(bytes.NewReader(answer))
	decoder.DisallowUnknownFields()
	var review admissionv1.AdmissionReview
	if err := decoder.Decode(&review); err != nil {
		tb.Fatalf("the answer is no AdmissionReview: %v\n%s", err, answer)
	}
	if review.APIVersion != "admission.k8s.io/v1" || review.Kind != "AdmissionReview" || review.Response == nil {
		tb.Fatalf("the answer is no AdmissionReview with a response: %s", answer)
	}
	return review.Response
}

func testdata(tb testing.TB, name string) []byte {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// edited is a review from testdata after edit has changed its request.
func edited(tb testing.TB, name string, edit func(request map[string]any)) []byte {
	tb.Helper()
	var review map[string]any
	if err := json.Unmarshal(testdata(tb, name), &review); err != nil {
		tb.Fatal(err)
	}
	edit(review["request"].(map[string]any))
	text, err := json.Marshal(review)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

// at is the value at a path of keys and indexes.
func at(value any, path ...any) map[string]any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value.(map[string]any)
}

// counted are the series of a counter that are not zero, by their labels'
// values in the order of the labels' names.
func (f *fixture) counted(tb testing.TB, name string) map[string]float64 {
	tb.Helper()
	families, err := f.registry.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	counted := map[string]float64{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.Metric {
			var values []string
			for _, label := range metric.Label {
				values = append(values, label.GetValue())
			}
			if value := metric.Counter.GetValue(); value > 0 {
				counted[strings.Join(values, " ")] = value
			}
		}
	}
	return counted
}
