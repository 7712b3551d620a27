package admission

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"

	"github.com/inshore-dev/inshore/webhook/registration"
)

// Path is a phase of admission and a kind, as a webhook is asked for it.
type Path struct {
	What string
	path string
	// write is whose sample is sent.
	write Write
	// bar is ours ÷ plain.
	bar float64
}

// The bars are for DaemonSets; Services are held to them as well.
const (
	mutateBar   = 1.5
	validateBar = 2.2
)

// paths are all of them, in the order of the report.
var paths = []Path{
	{"mutate DaemonSet", registration.PathMutateDaemonSets, CreateDaemonSet, mutateBar},
	{"validate DaemonSet", registration.PathValidateDaemonSets, CreateDaemonSet, validateBar},
	{"mutate Service", registration.PathMutateServices, CreateService, mutateBar},
	{"validate Service", registration.PathValidateServices, CreateService, validateBar},
}

// wireArms are the webhooks that are asked.
var wireArms = []Arm{Plain, Library, Ours}

// wire asks the webhooks themselves, over TLS and HTTP/1.1 on a connection that stays
// open, as the API server does.
func (r *run) wire(ctx context.Context) error {
	for _, p := range paths {
		took := map[Arm]turns{}
		clients := map[Arm]*client{}
		for _, arm := range wireArms {
			var err error
			if clients[arm], err = r.asker(arm); err != nil {
				return err
			}
		}
		order := slices.Clone(wireArms)
		for range r.Wire {
			rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for _, arm := range order {
				sent, _, err := clients[arm].send(ctx, http.MethodPost, p.path, r.samples[p.write].review)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", arm, p.What, err)
				}
				took[arm] = append(took[arm], []int64{sent.Nanoseconds()})
			}
		}
		for _, c := range clients {
			c.http.CloseIdleConnections()
		}
		fmt.Fprintf(r.Progress, "%s, without an API server: measured\n", p.What)
		r.report.addWire(p, len(r.samples[p.write].review), took)
	}
	return nil
}

// asker is a client of a webhook itself.
func (s *stage) asker(arm Arm) (*client, error) {
	pool := x509.NewCertPool()
	bundle, err := base64.StdEncoding.DecodeString(s.bundle)
	if err != nil || !pool.AppendCertsFromPEM(bundle) {
		return nil, fmt.Errorf("the CA of the webhooks is none: %w", err)
	}
	return &client{base: "https://127.0.0.1", http: &http.Client{Transport: &http.Transport{
		DialContext: s.dial(arm), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS13},
	}}}, nil
}

// hear keeps the patches of ours in files, for Canned.
func (s *stage) hear(ctx context.Context) error {
	asker, err := s.asker(Ours)
	if err != nil {
		return err
	}
	defer asker.http.CloseIdleConnections()
	for _, w := range Writes() {
		sample, err := readSample(s.root, w)
		if err != nil {
			return err
		}
		path := registration.PathMutateServices
		if w.kind() == "daemonset" {
			path = registration.PathMutateDaemonSets
		}
		_, answer, err := asker.send(ctx, http.MethodPost, path, sample.review)
		if err != nil {
			return err
		}
		var review admissionv1.AdmissionReview
		if err := json.Unmarshal(answer, &review); err != nil || review.Response == nil {
			return fmt.Errorf("decode the answer to %s: %w", w, err)
		}
		if err := os.WriteFile(filepath.Join(s.temp, patchFile(w)), review.Response.Patch, 0o600); err != nil {
			return fmt.Errorf("keep the patch: %w", err)
		}
	}
	return nil
}
