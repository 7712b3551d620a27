package certs

import (
	"crypto/x509"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// quick are durations of the same proportions as the defaults, for a simulated
// clock.
var quick = Durations{CA: 20 * time.Minute, Leaf: 5 * time.Minute, Propagation: 30 * time.Second, Interval: 10 * time.Second}

func init() {
	// A run simulates hours with thousands of signatures. Twenty take seconds;
	// for more there is -rapid.checks.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
}

// world is a cluster as far as certificates go: a Secret, the caBundles of two
// configurations with every state that an API server may still hold, and
// replicas that read and write them.
type world struct {
	t        *rapid.T
	now      time.Time
	secret   map[string][]byte
	version  int // of the Secret
	live     []bundle
	revision int // of the configurations
	past     []epoch
	replicas []*replica
	// vouched remembers which caBundle verified which certificate. That ends
	// with the certificate, which never outlives its authority.
	vouched map[string]bool
}

// epoch is caBundles that were live until a time.
type epoch struct {
	live  []bundle
	until time.Time
}

// replica serves leaf. looked is what it has read but not acted on yet.
type replica struct {
	leaf   *x509.Certificate
	looked *look
}

type look struct {
	view              view
	version, revision int
}

func (w *world) look(r *replica) {
	authorities, _ := decodeAuthorities(w.secret)
	r.looked = &look{
		view:    view{authorities: authorities, live: w.live, leaf: r.leaf, now: w.now},
		version: w.version, revision: w.revision,
	}
}

// act does what [Embedded.once] does with what was read, writes being refused
// where somebody else wrote first.
func (w *world) act(r *replica) {
	looked := r.looked
	r.looked = nil
	p, err := quick.decide(looked.view, func() (*authority, error) {
		return newAuthority(looked.view.now, quick.CA)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if p.changed {
		if looked.version != w.version {
			return
		}
		if w.secret, err = encodeAuthorities(p.authorities); err != nil {
			w.t.Fatal(err)
		}
		w.version++
	}
	for i := range looked.view.live {
		if looked.view.live[i].equal(p.bundle) {
			continue
		}
		if looked.revision != w.revision {
			return
		}
		w.publish(i, p.bundle)
		looked.revision = w.revision
	}
	if p.signer != nil {
		certificate, err := p.signer.sign(looked.view.now, quick.Leaf, []string{"inshore-webhook.inshore-system.svc"})
		if err != nil {
			w.t.Fatal(err)
		}
		r.leaf = certificate.Leaf
	}
}

// publish writes one webhook's caBundle; API servers may hold the old one for a
// while.
func (w *world) publish(i int, b bundle) {
	w.past = append(w.past, epoch{live: w.live, until: w.now})
	w.live = slices.Clone(w.live)
	w.live[i] = b
	w.revision++
}

// held are all caBundles that an API server may go by now.
func (w *world) held() []bundle {
	held := slices.Clone(w.live)
	w.past = slices.DeleteFunc(w.past, func(e epoch) bool { return !w.now.Before(e.until.Add(quick.Propagation)) })
	for _, e := range w.past {
		held = append(held, e.live...)
	}
	return held
}

// ready is what the readiness probe finds: all live caBundles vouch for leaf.
func (w *world) ready(leaf *x509.Certificate) bool {
	return leaf != nil && !slices.ContainsFunc(w.live, func(b bundle) bool { return w.verify(b, leaf) != nil })
}

func (w *world) verify(b bundle, leaf *x509.Certificate) error {
	key := leaf.SerialNumber.String()
	roots := x509.NewCertPool()
	for _, c := range b {
		roots.AddCert(c)
		key += " " + c.SerialNumber.String()
	}
	if w.vouched[key] && w.now.Before(leaf.NotAfter) {
		return nil
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: roots, CurrentTime: w.now, DNSName: "inshore-webhook.inshore-system.svc",
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	w.vouched[key] = err == nil
	return err
}

// check holds every replica that serves to the sentence in the package comment.
// An API server that holds an empty caBundle has not heard of us at all yet.
func (w *world) check() {
	for i, r := range w.replicas {
		if !w.ready(r.leaf) {
			continue
		}
		for _, b := range w.held() {
			if len(b) == 0 {
				continue
			}
			if err := w.verify(b, r.leaf); err != nil {
				w.t.Fatalf("at %s replica %d serves a certificate that an API server may refuse: %v", w.now.Format(time.TimeOnly), i, err)
			}
		}
	}
}

func newWorld(t *rapid.T, replicas int) *world {
	w := &world{t: t, now: epochStart, live: make([]bundle, 4), vouched: map[string]bool{}}
	for range replicas {
		w.replicas = append(w.replicas, &replica{})
	}
	return w
}

// step advances the clock by an interval and lets every replica look and act
// once, in any interleaving.
func (w *world) step() {
	w.now = w.now.Add(quick.Interval)
	w.check()
	var turns []*replica
	for _, r := range w.replicas {
		turns = append(turns, r, r)
	}
	for _, r := range rapid.Permutation(turns).Draw(w.t, "turns") {
		if r.looked == nil {
			w.look(r)
		} else {
			w.act(r)
		}
		w.check()
	}
}

func TestNoAPIServerEverRefusesAServedCertificate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.IntRange(1, 3).Draw(t, "replicas"))
		for range 4 {
			w.step()
		}
		for range rapid.IntRange(10, 200).Draw(t, "steps") {
			// Damage beyond the number of lost authorities that are kept is
			// another matter.
			crowded := len(w.live[0]) >= maxFound
			switch event := rapid.IntRange(0, 39).Draw(t, "event"); {
			case event == 0:
				// A rollout: a replica starts with nothing.
				*w.replicas[0] = replica{}
			case event == 1 && !crowded:
				// kubectl delete secret
				w.secret, w.version = nil, w.version+1
			case event == 2 && !crowded:
				w.damage()
			}
			w.step()
			if len(w.live[0]) > maxFound+3 {
				t.Fatalf("the caBundle has grown to %d certificates", len(w.live[0]))
			}
		}
	})
}

// damage changes the Secret as a hand might.
func (w *world) damage() {
	authorities, _ := decodeAuthorities(w.secret)
	for _, a := range authorities {
		switch rapid.IntRange(0, 3).Draw(w.t, "damage") {
		case 0:
			a.published = w.now.Add(time.Hour)
		case 1:
			a.published = time.Time{}
		case 2:
			a.key = nil
		}
	}
	w.secret, _ = encodeAuthorities(authorities)
	w.version++
}

func TestAuthoritiesRotateOverAndOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 2)
		signers := map[string]bool{}
		for range int(2 * quick.CA / quick.Interval) {
			w.step()
			for i, r := range w.replicas {
				if r.leaf != nil {
					signers[r.leaf.Issuer.String()] = true
				}
				if w.now.Sub(epochStart) > 4*quick.Interval && !w.ready(r.leaf) {
					t.Fatalf("at %s replica %d is not ready", w.now.Format(time.TimeOnly), i)
				}
			}
		}
		// A new one every two thirds of a lifetime.
		if got := len(signers); got != 3 {
			t.Fatalf("%d authorities signed in two lifetimes, want 3", got)
		}
	})
}

func TestAnotherAuthorityKeepsItsPlaceForALeafLifetime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, 1)
		other, err := newAuthority(w.now, 100*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for i := range w.live {
			w.live[i] = bundle{other.certificate}
		}
		start := w.now
		for w.now.Before(start.Add(quick.Leaf)) {
			w.step()
			if !w.live[0].has(other.certificate) {
				t.Fatalf("it is gone after %s, somebody may still serve by it", w.now.Sub(start))
			}
		}
		if !w.ready(w.replicas[0].leaf) {
			t.Fatal("our own certificate is still not trusted")
		}
		for range 30 {
			w.step()
		}
		if w.live[0].has(other.certificate) {
			t.Fatalf("it is still trusted after %s", w.now.Sub(start))
		}
		if authorities, _ := decodeAuthorities(w.secret); len(authorities) != 1 {
			t.Fatal(fmt.Errorf("the Secret holds %d authorities, want ours alone", len(authorities)))
		}
	})
}
