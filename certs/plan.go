package certs

import (
	"crypto/x509"
	"slices"
	"time"
)

// maxFound bounds how many authorities that are not ours are kept.
const maxFound = 8

// view is all that a decision about certificates depends on.
type view struct {
	// authorities are the Secret's, oldest first.
	authorities []*authority
	// live is the caBundle of every webhook in both configurations.
	live []bundle
	// leaf is the certificate this replica serves; nil if none.
	leaf *x509.Certificate
	now  time.Time
}

// plan is what to do, in this order: write the Secret, write the caBundles, sign.
type plan struct {
	// authorities are the Secret's next content.
	authorities []*authority
	// changed says that it differs from the present one.
	changed bool
	// bundle is what every caBundle is to hold.
	bundle bundle
	// signer signs a new serving certificate now; nil keeps the one that is
	// served.
	signer *authority
}

// decide is the whole of rotation. It is pure but for mint, which makes a new
// authority. Every replica runs it and comes to the same bundle from the same
// Secret.
func (d Durations) decide(v view, mint func() (*authority, error)) (plan, error) {
	var p plan
	for _, a := range v.authorities {
		kept := *a
		bounded := d.bound(&kept, v.now)
		if forget(&kept, v, d.Propagation) {
			p.changed = true
			continue
		}
		noted := publish(&kept, v)
		p.changed = p.changed || noted || bounded
		p.authorities = append(p.authorities, &kept)
	}
	for _, found := range strangers(v, p.authorities) {
		stranger := &authority{certificate: found}
		d.bound(stranger, v.now)
		p.authorities = append(p.authorities, stranger)
		p.changed = true
	}
	if successorDue(p.authorities, v.now) {
		successor, err := mint()
		if err != nil {
			return plan{}, err
		}
		p.authorities = append(p.authorities, successor)
		p.changed = true
	}
	for _, a := range p.authorities {
		if !a.dropped(v.now) {
			p.bundle = append(p.bundle, a.certificate)
		}
	}
	p.signer = d.signer(p.authorities, v)
	return p, nil
}

// forget reports whether the record of an authority is of no use any more. One
// that is not ours is remembered beyond its time for as long as a caBundle still
// carries it, or it would be found again and kept anew.
func forget(a *authority, v view, propagation time.Duration) bool {
	if !v.now.Before(a.certificate.NotAfter) {
		return true
	}
	return !a.ours() && !v.now.Before(a.drop.Add(propagation)) && !carriedByAny(v.live, a.certificate)
}

// publish notes since when all caBundles carry a, and reports a change. A time
// that lies ahead was written by somebody else's clock, or hand.
func publish(a *authority, v view) bool {
	if !a.ours() {
		return false
	}
	was := a.published
	switch {
	case !carriedByAll(v.live, a.certificate):
		a.published = time.Time{}
	case was.IsZero() || was.After(v.now.Add(clockSkew)):
		a.published = v.now.Truncate(time.Second)
	}
	return !was.Equal(a.published)
}

// bound sets when an authority that is not ours leaves the caBundle, unless that
// is said already, and reports a change. One that has lost its key is not ours
// any more.
func (d Durations) bound(a *authority, now time.Time) bool {
	latest := now.Add(d.Leaf + d.Propagation).Truncate(time.Second)
	if a.ours() || !a.drop.IsZero() && !a.drop.After(latest) {
		return false
	}
	a.drop, a.published = latest, time.Time{}
	return true
}

// strangers are the certificates in live caBundles that are in no record.
func strangers(v view, known []*authority) []*x509.Certificate {
	var found bundle
	count := 0
	for _, a := range known {
		if !a.ours() {
			count++
		}
	}
	for _, live := range v.live {
		for _, c := range live {
			isKnown := slices.ContainsFunc(known, func(a *authority) bool { return a.certificate.Equal(c) })
			if isKnown || found.has(c) || !v.now.Before(c.NotAfter) || count+len(found) >= maxFound {
				continue
			}
			found = append(found, c)
		}
	}
	return found
}

// successorDue reports whether the newest authority of ours is in the last third
// of its life, or there is none.
func successorDue(authorities []*authority, now time.Time) bool {
	for _, a := range authorities {
		if a.ours() && now.Before(caDue(a.certificate)) {
			return false
		}
	}
	return true
}

// signer is the authority to sign a new serving certificate by now, or nil if
// the one that is served stays.
func (d Durations) signer(authorities []*authority, v view) *authority {
	best := d.trusted(authorities, v)
	switch {
	case best == nil:
		return stopgap(authorities, v)
	case v.leaf == nil, v.leaf.CheckSignatureFrom(best.certificate) != nil, !v.now.Before(leafDue(v.leaf)):
		return best
	}
	return nil
}

// trusted is the newest authority of ours that every API server trusts by now.
func (d Durations) trusted(authorities []*authority, v view) *authority {
	var best *authority
	for _, a := range authorities {
		if a.ours() && !a.published.IsZero() && !v.now.Before(a.published.Add(d.Propagation)) {
			best = a
		}
	}
	return best
}

// stopgap is the authority to sign by although API servers may not know it yet.
// That is right only if nothing can be lost by it: the certificate that is
// served, if any, is good for nobody, and no caBundle vouches for anybody else
// who might be serving.
func stopgap(authorities []*authority, v view) *authority {
	if v.leaf != nil && v.now.Before(v.leaf.NotAfter) && signedByAny(v.live, v.leaf) {
		return nil
	}
	var oldest *authority
	for _, a := range authorities {
		switch {
		case !a.ours() && carriedByAny(v.live, a.certificate):
			return nil
		case a.ours() && oldest == nil:
			oldest = a
		}
	}
	if oldest != nil && v.leaf != nil && v.now.Before(leafDue(v.leaf)) && v.leaf.CheckSignatureFrom(oldest.certificate) == nil {
		return nil // it is what is served: nothing is gained by another
	}
	return oldest
}

// carriedByAll reports whether there are caBundles and all hold certificate.
func carriedByAll(live []bundle, certificate *x509.Certificate) bool {
	for _, b := range live {
		if !b.has(certificate) {
			return false
		}
	}
	return len(live) > 0
}

// carriedByAny reports whether a caBundle holds certificate.
func carriedByAny(live []bundle, certificate *x509.Certificate) bool {
	return slices.ContainsFunc(live, func(b bundle) bool { return b.has(certificate) })
}

// signedByAny reports whether a certificate in a caBundle signed leaf.
func signedByAny(live []bundle, leaf *x509.Certificate) bool {
	for _, b := range live {
		for _, c := range b {
			if leaf.CheckSignatureFrom(c) == nil {
				return true
			}
		}
	}
	return false
}
