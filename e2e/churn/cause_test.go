package churn

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"syscall"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// internal is how an API server words what a webhook did not answer.
func internal(why string) error {
	return apierrors.NewInternalError(errors.New(`failed calling webhook "services.validate.inshore.dev": failed to call webhook: ` + why))
}

func TestAFailureIsNamedByWhoWasNotThere(t *testing.T) {
	const post = `Post "https://inshore-webhook.inshore-system.svc:443/validate/services?timeout=10s": `
	for sentence, test := range map[string]struct {
		err     error
		want    cause
		decided bool
	}{
		"a rule": {errors.New(`admission webhook "daemonsets.validate.inshore.dev" denied the request: ISH201`), refusedByRule, true},
		"a replica that is gone": {
			internal(post + "dial tcp 10.244.1.3:9443: connect: connection refused"), "webhook: connection refused", true},
		"a replica that dies under the call":  {internal(post + "EOF"), "webhook: connection broke", true},
		"a replica that hangs":                {internal(post + "context deadline exceeded"), "webhook: no answer in time", true},
		"no replica at all":                   {internal(`no endpoints available for service "inshore-webhook"`), "webhook: no endpoint", true},
		"a certificate that nobody knows":     {internal(post + "x509: certificate signed by unknown authority"), "webhook: certificate not trusted", true},
		"a webhook in some other way":         {internal(post + "http2: something new"), "webhook: other", true},
		"an etcd that stalls":                 {apierrors.NewInternalError(errors.New("etcdserver: request timed out")), "etcd: not answering", false},
		"an API server that is down":          {&url.Error{Op: "Post", Err: fmt.Errorf("dial: %w", syscall.ECONNREFUSED)}, "API server: connection refused", false},
		"an API server that goes away":        {&url.Error{Op: "Post", Err: errors.New("EOF")}, "API server: connection broke", false},
		"an API server that takes too long":   {apierrors.NewTimeoutError("request did not complete", 0), "API server: no answer in time", false},
		"a client that has waited too long":   {&url.Error{Op: "Post", Err: context.DeadlineExceeded}, "API server: no answer in time", false},
		"an API server that has enough to do": {apierrors.NewTooManyRequests("later", 1), "API server: too many requests", false},
		"an API server that says why":         {apierrors.NewServiceUnavailable("starting"), "API server: ServiceUnavailable", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := causeOf(test.err)
			if got != test.want || got.decided() != test.decided {
				t.Errorf("%q, decided %t; want %q, %t", got, got.decided(), test.want, test.decided)
			}
		})
	}
}
