package admission

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// ServeCommand is the hidden subcommand by which the benchmark starts a webhook that
// allows everything, as a process of its own: the arm, an address, and a folder with
// tls.crt and tls.key.
const ServeCommand = "serve-webhook"

// Serve runs such a webhook until it is killed.
func Serve(arm Arm, address, folder string) error {
	handler := plainly("")
	switch arm {
	case Canned:
		handler = plainly(folder)
	case Library:
		handler = (&admission.Webhook{Handler: admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
			return admission.Allowed("")
		})}).ServeHTTP
	}
	server := &http.Server{Addr: address, Handler: http.HandlerFunc(handler), TLSConfig: &tls.Config{MinVersion: tls.VersionTLS13}}
	if err := server.ListenAndServeTLS(folder+"/tls.crt", folder+"/tls.key"); err != nil {
		return fmt.Errorf("serve arm %s: %w", arm, err)
	}
	return nil
}

var uidKey = []byte(`"uid":`)

// plainly allows, having looked for nothing but the request's uid, which the answer
// must repeat. It is the first one of a review: the API server writes request.uid
// before any object. With a folder, the answer to a mutating path holds the patch that is there.
func plainly(folder string) http.HandlerFunc {
	patches := map[string]string{}
	for _, w := range Writes() {
		if text, err := os.ReadFile(filepath.Join(folder, patchFile(w))); err == nil && folder != "" {
			patches[patchFile(w)] = `,"patchType":"JSONPatch","patch":"` + base64.StdEncoding.EncodeToString(text) + `"`
		}
	}
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, rest, found := bytes.Cut(body, uidKey)
		var uid string
		if found {
			err = json.NewDecoder(bytes.NewReader(rest[:min(len(rest), 64)])).Decode(&uid)
		}
		if !found || err != nil {
			http.Error(w, "no uid", http.StatusBadRequest)
			return
		}
		patch := ""
		if write, mutates := writeOf(r.URL.Path, body); mutates {
			patch = patches[patchFile(write)]
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":%q,"allowed":true%s}}`, uid, patch)
	}
}

func patchFile(w Write) string { return strings.ReplaceAll(string(w), " ", "-") + ".json" }

// writeOf is which write a review at a path is about, and whether it may be mutated.
func writeOf(path string, body []byte) (w Write, mutates bool) {
	update := bytes.Contains(body, []byte(`"operation":"UPDATE"`))
	switch path {
	case registration.PathMutateServices:
		return map[bool]Write{true: UpdateService, false: CreateService}[update], true
	case registration.PathMutateDaemonSets:
		return map[bool]Write{true: UpdateDaemonSet, false: CreateDaemonSet}[update], true
	default:
		return "", false
	}
}
