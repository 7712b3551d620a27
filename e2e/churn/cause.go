package churn

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// cause is why a request was not answered with what it asked for.
type cause string

// refusedByRule is what the stream's mistakes want, and nothing else may get.
const refusedByRule cause = "refused by a rule"

// decided says that the API server itself said no, before anything was stored.
func (c cause) decided() bool {
	return c == refusedByRule || strings.HasPrefix(string(c), "webhook:")
}

// symptoms of a webhook that cannot be asked, as net and net/http word them, and what the book calls them.
var symptoms = []struct {
	text string
	cause
}{
	{"connection refused", "webhook: connection refused"},
	{"no endpoints available", "webhook: no endpoint"},
	// An API server that has just started has yet to hear of Services.
	{"not found", "webhook: Service not known yet"},
	{"deadline exceeded", "webhook: no answer in time"},
	{"Client.Timeout exceeded", "webhook: no answer in time"},
	{"connection reset", "webhook: connection broke"},
	{"broken pipe", "webhook: connection broke"},
	{"EOF", "webhook: connection broke"},
	{"connection lost", "webhook: connection broke"},
	{"GOAWAY", "webhook: connection broke"},
	{"x509", "webhook: certificate not trusted"},
	{"tls:", "webhook: TLS"},
}

// causeOf tells who was not there: the webhook, whose failurePolicy Fail then
// refuses; etcd; or the API server itself.
func causeOf(err error) cause {
	text := err.Error()
	switch {
	case strings.Contains(text, "denied the request"):
		return refusedByRule
	case strings.Contains(text, "failed calling webhook"):
		for _, symptom := range symptoms {
			if strings.Contains(text, symptom.text) {
				return symptom.cause
			}
		}
		return "webhook: other"
	case strings.Contains(text, "etcdserver") || strings.Contains(text, "storage"):
		return "etcd: not answering"
	}
	return serverCause(err)
}

// serverCause tells how the API server was not there.
func serverCause(err error) cause {
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "API server: connection refused"
	case apierrors.IsTimeout(err), apierrors.IsServerTimeout(err), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return "API server: no answer in time"
	case apierrors.IsTooManyRequests(err):
		return "API server: too many requests"
	case apierrors.ReasonForError(err) != "":
		return cause("API server: " + string(apierrors.ReasonForError(err)))
	}
	// What is left has no status: the connection went away under the request.
	return "API server: connection broke"
}
