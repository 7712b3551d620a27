package certs

import (
	"crypto/x509"
	"testing"
	"time"
)

var epochStart = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// madeAt is an authority of ours, published at once.
func madeAt(t *testing.T, at time.Time) *authority {
	t.Helper()
	a, err := newAuthority(at, quick.CA)
	if err != nil {
		t.Fatal(err)
	}
	a.published = at
	return a
}

func leafOf(t *testing.T, a *authority, at time.Time) *x509.Certificate {
	t.Helper()
	certificate, err := a.sign(at, quick.Leaf, []string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Leaf
}

func TestDecide(t *testing.T) {
	first := madeAt(t, epochStart)
	second := madeAt(t, epochStart.Add(quick.CA*2/3))
	unpublished := *second
	unpublished.published = time.Time{}
	foreign := &authority{certificate: madeAt(t, epochStart).certificate}
	at := func(d time.Duration) time.Time { return epochStart.Add(d) }
	takeover := quick.CA*2/3 + quick.Propagation

	cases := map[string]struct {
		view view
		// want
		minted  bool
		changed bool
		bundle  bundle // besides what is minted
		signer  *authority
		stopgap bool // the signer is the one minted
	}{
		"in an empty cluster an authority is made and signs at once": {
			view:   view{live: []bundle{nil, nil}, now: epochStart},
			minted: true, changed: true, stopgap: true,
		},
		"before the manifests are applied the same happens": {
			view:   view{now: epochStart},
			minted: true, changed: true, stopgap: true,
		},
		"a second replica signs by the authority that is there, however new": {
			view:   view{authorities: []*authority{first}, live: []bundle{{first.certificate}}, now: at(time.Second)},
			bundle: bundle{first.certificate}, signer: first,
		},
		"a certificate in the first half of its life stays": {
			view: view{authorities: []*authority{first}, live: []bundle{{first.certificate}},
				leaf: leafOf(t, first, epochStart), now: at(quick.Leaf/2 - time.Second)},
			bundle: bundle{first.certificate},
		},
		"a certificate in the second half of its life is renewed": {
			view: view{authorities: []*authority{first}, live: []bundle{{first.certificate}},
				leaf: leafOf(t, first, epochStart), now: at(quick.Leaf / 2)},
			bundle: bundle{first.certificate}, signer: first,
		},
		"an authority in its last third gets a successor, which does not sign yet": {
			view: view{authorities: []*authority{first}, live: []bundle{{first.certificate}},
				leaf: leafOf(t, first, at(quick.CA*2/3)), now: at(quick.CA * 2 / 3)},
			minted: true, changed: true, bundle: bundle{first.certificate},
		},
		"a successor that one caBundle lacks is not published": {
			view: view{authorities: []*authority{first, &unpublished},
				live: []bundle{{first.certificate, second.certificate}, {first.certificate}},
				leaf: leafOf(t, first, at(takeover)), now: at(takeover)},
			// The first is in both, the second is not: nothing to note.
			bundle: bundle{first.certificate, second.certificate},
		},
		"a successor that all caBundles carry is noted as published and still waits": {
			view: view{authorities: []*authority{first, &unpublished},
				live: []bundle{{first.certificate, second.certificate}},
				leaf: leafOf(t, first, at(takeover)), now: at(takeover)},
			changed: true, bundle: bundle{first.certificate, second.certificate},
		},
		"a successor signs once it has been published for the propagation time": {
			view: view{authorities: []*authority{first, second},
				live: []bundle{{first.certificate, second.certificate}},
				leaf: leafOf(t, first, at(takeover)), now: at(takeover)},
			bundle: bundle{first.certificate, second.certificate}, signer: second,
		},
		"an expired authority leaves the caBundle and the Secret": {
			view: view{authorities: []*authority{first, second},
				live: []bundle{{first.certificate, second.certificate}},
				leaf: leafOf(t, second, at(quick.CA)), now: at(quick.CA)},
			changed: true, bundle: bundle{second.certificate},
		},
		"an authority that nobody recorded stays while somebody may serve by it": {
			view:   view{live: []bundle{{foreign.certificate}}, now: epochStart},
			minted: true, changed: true, bundle: bundle{foreign.certificate},
		},
		"a served certificate stays while the authority made anew is not published": {
			view:   view{live: []bundle{{first.certificate}}, leaf: leafOf(t, first, epochStart), now: at(quick.Leaf * 3 / 4)},
			minted: true, changed: true, bundle: bundle{first.certificate},
		},
		"a served certificate that no caBundle vouches for is replaced at once": {
			view: view{authorities: []*authority{first}, live: []bundle{nil},
				leaf: leafOf(t, stranger(t), epochStart), now: at(time.Second)},
			changed: true, bundle: bundle{first.certificate}, signer: first,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var minted *authority
			p, err := quick.decide(c.view, func() (*authority, error) {
				minted = madeAt(t, c.view.now)
				return minted, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := c.bundle
			if minted != nil {
				want = append(want, minted.certificate)
			}
			signer := c.signer
			if c.stopgap {
				signer = minted
			}
			if (minted != nil) != c.minted {
				t.Errorf("minted %v, want %v", minted != nil, c.minted)
			}
			if p.changed != c.changed {
				t.Errorf("changed %v, want %v", p.changed, c.changed)
			}
			if !p.bundle.equal(want) {
				t.Errorf("the caBundle has %d certificates, want %d others", len(p.bundle), len(want))
			}
			if (p.signer == nil) != (signer == nil) || signer != nil && !p.signer.certificate.Equal(signer.certificate) {
				t.Errorf("signer %v, want %v", p.signer, signer)
			}
		})
	}
}

// stranger is an authority that nobody knows.
func stranger(t *testing.T) *authority { return madeAt(t, epochStart) }

func TestServingCertificateNeverOutlivesItsAuthority(t *testing.T) {
	a := madeAt(t, epochStart)
	late := epochStart.Add(quick.CA - time.Minute)
	if leaf := leafOf(t, a, late); leaf.NotAfter.After(a.certificate.NotAfter) {
		t.Errorf("valid until %s, its authority until %s", leaf.NotAfter, a.certificate.NotAfter)
	}
}

func TestServingCertificateIsECDSAForEveryName(t *testing.T) {
	a := madeAt(t, time.Now())
	certificate, err := a.sign(time.Now(), quick.Leaf, []string{"a.b.svc", "127.0.0.1", "::1"})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	for _, name := range []string{"a.b.svc", "127.0.0.1", "::1"} {
		if _, err := certificate.Leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name}); err != nil {
			t.Errorf("for %s: %v", name, err)
		}
	}
	if got := certificate.Leaf.PublicKeyAlgorithm; got != x509.ECDSA {
		t.Errorf("public key is %s, want ECDSA", got)
	}
}

func TestDurationsThatCannotRotateAreRefused(t *testing.T) {
	if err := DefaultDurations.Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	if err := quick.Validate(); err != nil {
		t.Errorf("quick: %v", err)
	}
	for name, d := range map[string]Durations{
		"a certificate shorter than a publication": {CA: time.Hour, Leaf: time.Minute, Propagation: time.Minute, Interval: time.Second},
		"an authority shorter than a certificate":  {CA: time.Hour, Leaf: time.Hour, Propagation: time.Minute, Interval: time.Second},
		"no interval": {CA: time.Hour, Leaf: time.Minute, Propagation: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if d.Validate() == nil {
				t.Error("accepted")
			}
		})
	}
}
