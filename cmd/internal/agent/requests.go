package agent

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// requests counts what is asked of the API server. A watch that breaks is not
// seen here, but what follows is: it is asked for again.
type requests struct {
	next  http.RoundTripper
	total *prometheus.CounterVec
}

// countRequests is a wrapper of transports, for rest.Config.Wrap.
func countRequests(registry prometheus.Registerer) func(http.RoundTripper) http.RoundTripper {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "inshore_agent_api_requests_total",
		Help: "Requests to the API server by method and status code; the code is none if there was no answer. Lists and watches are GETs.",
	}, []string{"method", "code"})
	registry.MustRegister(total)
	// Zero is an answer; an absent series is none.
	total.WithLabelValues(http.MethodGet, "none")
	return func(next http.RoundTripper) http.RoundTripper { return &requests{next: next, total: total} }
}

// RoundTrip implements [http.RoundTripper].
func (r *requests) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := r.next.RoundTrip(request)
	code := "none"
	if err == nil {
		code = strconv.Itoa(response.StatusCode)
	}
	r.total.WithLabelValues(request.Method, code).Inc()
	return response, err
}
