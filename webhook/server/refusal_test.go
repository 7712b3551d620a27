package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/registration"
)

func TestWhatIsNoReviewOfOursIsAnHTTPErrorThatSaysWhy(t *testing.T) {
	f := newFixture(t, logr.Discard())
	whole := testdata(t, "daemonset-create.json")
	change := func(edit func(map[string]any)) []byte { return edited(t, "daemonset-create.json", edit) }
	cases := map[string]struct {
		body []byte
		code int
		says string
	}{
		"nothing":            {nil, 400, "EOF"},
		"no JSON":            {[]byte("hello"), 400, "reading the AdmissionReview"},
		"half a review":      {whole[:len(whole)/2], 400, "unexpected EOF"},
		"something after it": {append(bytes.Clone(whole), '{', '}'), 400, "after top-level value"},
		"another type":       {[]byte(`{"apiVersion":"v1","kind":"Pod"}`), 400, `"Pod" of "v1"`},
		"an older version":   {bytes.Replace(whole, []byte("admission.k8s.io/v1"), []byte("admission.k8s.io/v1beta1"), 1), 400, "admissionReviewVersions: [v1]"},
		"no request":         {[]byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`), 400, "no request with a uid"},
		"no uid":             {change(func(r map[string]any) { delete(r, "uid") }), 400, "no request with a uid"},
		"another kind":       {change(func(r map[string]any) { at(r, "kind")["kind"] = "Deployment" }), 400, "the review holds a Deployment.apps"},
		"another group":      {change(func(r map[string]any) { at(r, "kind")["group"] = "apps.example.com" }), 400, "DaemonSet.apps.example.com"},
		"no object":          {change(func(r map[string]any) { delete(r, "object") }), 400, "holds no object"},
		"a list for a map":   {change(func(r map[string]any) { at(r, "object")["spec"] = []any{} }), 400, "/request/object/spec"},
		"a number for a name": {change(func(r map[string]any) { at(r, "object", "metadata")["name"] = 1 }), 400,
			"/request/object/metadata/name"},
		"invalid UTF-8": {bytes.Replace(whole, []byte("#platform-cache"), []byte("#platform-\xff\xfe"), 1), 400, "UTF-8"},
		"deep nesting": {bytes.Replace(whole, []byte(`"status":{`),
			[]byte(`"status":{"x":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`,`), 1), 400, "depth"},
		"more than the limit": {bytes.Replace(whole, []byte(`"status":{`),
			[]byte(`"status":{"x":"`+strings.Repeat("x", maxBody)+`",`), 1), 413, "larger than"},
	}
	for name, c := range cases {
		for _, path := range []string{registration.PathMutateDaemonSets, registration.PathValidateDaemonSets} {
			t.Run(name+path, func(t *testing.T) {
				w := f.post(path, c.body)
				if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) {
					t.Errorf("got %d %q, want %d with %q", w.Code, w.Body, c.code, c.says)
				}
			})
		}
	}
}

func TestOtherMethodsAndTypesAreRefused(t *testing.T) {
	f := newFixture(t, logr.Discard())
	cases := map[string]struct {
		method, contentType string
		code                int
	}{
		"GET":                  {http.MethodGet, "application/json", 405},
		"PUT":                  {http.MethodPut, "application/json", 405},
		"YAML":                 {http.MethodPost, "application/yaml", 415},
		"no type":              {http.MethodPost, "", 415},
		"no type that parses":  {http.MethodPost, ";", 415},
		"JSON with a charset":  {http.MethodPost, "application/json; charset=utf-8", 200},
		"JSON in another case": {http.MethodPost, "Application/JSON", 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(c.method, registration.PathMutateServices, bytes.NewReader(testdata(t, "service-create.json")))
			req.Header.Set("Content-Type", c.contentType)
			w := httptest.NewRecorder()
			f.handler.ServeHTTP(w, req)
			if w.Code != c.code {
				t.Errorf("got %d: %s", w.Code, w.Body)
			}
		})
	}
}

func TestLargeReviewIsAnswered(t *testing.T) {
	f := newFixture(t, logr.Discard())
	body := edited(t, "daemonset-create.json", func(r map[string]any) {
		at(r, "object", "metadata", "annotations")["example.com/large"] = strings.Repeat("x", 3<<20)
	})
	// More than are read at once: each must give back its place.
	for range largeBodies + 1 {
		if got := f.review(t, registration.PathMutateDaemonSets, body); got.Patch == nil {
			t.Fatal("no patch")
		}
	}
}

func TestAMebibyteOfWrongAnnotationsIsRefusedInFewWords(t *testing.T) {
	f := newFixture(t, logr.Discard())
	cases := map[string]func(annotations map[string]any){
		"one huge value": func(annotations map[string]any) {
			annotations["inshore.dev/drain"] = strings.Repeat("x", 1<<20)
		},
		"very many keys": func(annotations map[string]any) {
			for i := range 1 << 20 / 32 {
				annotations[fmt.Sprintf("inshore.dev/unknown-%019d", i)] = ""
			}
		},
	}
	for name, annotate := range cases {
		t.Run(name, func(t *testing.T) {
			body := edited(t, "daemonset-create.json", func(r map[string]any) {
				annotate(at(r, "object", "metadata", "annotations"))
			})
			got := f.review(t, registration.PathValidateDaemonSets, body)
			if got.Allowed || !strings.Contains(got.Result.Message, "ISH002") || len(got.Result.Message) > 16<<10 {
				t.Errorf("allowed %v in %d bytes: %.500s", got.Allowed, len(got.Result.Message), got.Result.Message)
			}
			if got := f.review(t, registration.PathMutateDaemonSets, body); !got.Allowed || got.Patch != nil {
				t.Errorf("mutation touched an object whose annotations cannot be read: %+v", got)
			}
		})
	}
}

func TestLargeReviewThatCannotBeReadYetEndsWithItsCaller(t *testing.T) {
	in := newIntake()
	for range largeBodies {
		in.large <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", bytes.NewReader(make([]byte, 2*largeBody)))
	if _, _, err := in.read(req); err == nil || !strings.Contains(err.Error(), "waiting to read a large review") {
		t.Errorf("got %v", err)
	}
}

func TestBrokenConnectionIsAnError(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("{"), errReader{})
	req := httptest.NewRequest(http.MethodPost, "/", broken)
	if _, _, err := newIntake().read(req); err == nil || !strings.Contains(err.Error(), "reading the request") {
		t.Errorf("got %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestPanicIsA500AndCounted(t *testing.T) {
	registry := prometheus.NewRegistry()
	e := &endpoint[input.Service, *input.Service]{
		phase: phaseMutate, kind: v1alpha1.KindService, intake: newIntake(), metrics: NewMetrics(registry), log: logr.Discard(),
		judge: func(context.Context, *request[input.Service]) verdict { panic("out of ideas") },
	}
	f := &fixture{handler: e, registry: registry}
	w := f.post("/", testdata(t, "service-create.json"))
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "out of ideas") {
		t.Errorf("got %d: %s", w.Code, w.Body)
	}
	if got := f.counted(t, "inshore_admission_panics_total"); got["Service mutate"] != 1 {
		t.Errorf("counted %v", got)
	}
}

func TestJudgementThatNobodyWaitsForIsNone(t *testing.T) {
	f := newFixture(t, logr.Discard())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req := httptest.NewRequestWithContext(ctx, http.MethodPost, registration.PathValidateServices, bytes.NewReader(testdata(t, "service-create.json")))
	req.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, req)
	if w.Code == http.StatusOK {
		t.Errorf("got %d: %s", w.Code, w.Body)
	}
}
