package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Durations are the times that rotation goes by.
type Durations struct {
	// CA is the lifetime of an authority. The next one is made at two thirds.
	CA time.Duration
	// Leaf is the lifetime of a serving certificate. It is renewed at half.
	Leaf time.Duration
	// Propagation is how long an API server may take from the write of a
	// caBundle to trusting it. Watches deliver within a second; the rest is for
	// one that has to reconnect.
	Propagation time.Duration
	// Interval is how often everything is looked at. Changes to the Secret and
	// to the configurations are noticed at once; this is for what is due by
	// time.
	Interval time.Duration
}

// DefaultDurations suit every cluster. A serving certificate is in memory only
// and costs a signature, so it can be short.
var DefaultDurations = Durations{
	CA:          365 * 24 * time.Hour,
	Leaf:        24 * time.Hour,
	Propagation: 2 * time.Minute,
	Interval:    30 * time.Second,
}

// Validate reports combinations under which a rotation could not finish in time.
func (d Durations) Validate() error {
	var errs []error
	if d.Interval <= 0 || d.Propagation <= 0 {
		errs = append(errs, fmt.Errorf("--cert-interval is %s, --ca-propagation is %s: both must be above 0", d.Interval, d.Propagation))
	}
	// The old certificate must last while a new authority is published, with a
	// look before, one after, and half its life gone already.
	if least := 4 * (d.Propagation + d.Interval); d.Leaf < least {
		errs = append(errs, fmt.Errorf("--cert-duration is %s: at least %s, four times --ca-propagation and --cert-interval", d.Leaf, least))
	}
	// An authority's last third must hold the publication of the next.
	if least := 4 * d.Leaf; d.CA < least {
		errs = append(errs, fmt.Errorf("--ca-duration is %s: at least %s, four times --cert-duration", d.CA, least))
	}
	return errors.Join(errs...)
}

// caDue is when the successor of an authority of ours is to be made.
func caDue(certificate *x509.Certificate) time.Time {
	return made(certificate).Add(certificate.NotAfter.Sub(made(certificate)) * 2 / 3)
}

// leafDue is when a serving certificate of ours is to be renewed.
func leafDue(certificate *x509.Certificate) time.Time {
	return made(certificate).Add(certificate.NotAfter.Sub(made(certificate)) / 2)
}
