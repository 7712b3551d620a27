package server

import (
	"net/http"
	"testing"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/webhook/registration"
)

func FuzzMutate(f *testing.F) {
	fuzz(f, registration.PathMutateServices, registration.PathMutateDaemonSets)
}

func FuzzValidate(f *testing.F) {
	fuzz(f, registration.PathValidateServices, registration.PathValidateDaemonSets)
}

// fuzz holds both paths to what must be true of every answer, whatever was
// asked: an HTTP error, or a review with the uid that was asked about.
func fuzz(f *testing.F, paths ...string) {
	for _, name := range []string{"service-create.json", "service-update.json", "daemonset-create.json", "daemonset-update.json"} {
		f.Add(testdata(f, name))
		f.Add(edited(f, name, func(request map[string]any) {
			at(request, "object", "metadata")["annotations"] = map[string]any{"inshore.dev/node-local": "disabled", "inshore.dev/previous": "{"}
		}))
	}
	f.Add([]byte(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"\u0000","kind":{"kind":"Service"},"operation":"CREATE","object":{}}}`))
	f.Add([]byte(`{"request":null}`))
	handler := newFixture(f, logr.Discard())
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, path := range paths {
			w := handler.post(path, body)
			switch w.Code {
			case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
				continue
			case http.StatusOK:
			default:
				// 500 is a panic.
				t.Fatalf("got %d: %s", w.Code, w.Body)
			}
			answer := decodeAnswer(t, w.Body.Bytes())
			if answer.UID == "" {
				t.Errorf("no uid in %s", w.Body)
			}
			if answer.Patch != nil && (!answer.Allowed || answer.PatchType == nil) {
				t.Errorf("a patch without allowed and patchType: %s", w.Body)
			}
			if !answer.Allowed && (answer.Result == nil || answer.Result.Message == "" || answer.Result.Code < 400) {
				t.Errorf("a refusal that does not say why: %s", w.Body)
			}
		}
	})
}
