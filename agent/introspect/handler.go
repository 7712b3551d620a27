package introspect

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// The paths.
const (
	PathHealthz = "/healthz"
	PathReadyz  = "/readyz"
	PathStatus  = "/status"
	PathRoutes  = "/routes"
)

// Subject is who is asked.
type Subject interface {
	Status() Status
	Routes() []Route
}

// NewHandler answers from a subject. /healthz is 200 as long as the process can
// answer at all; /readyz is 503 with a reason a line until nothing is missing.
func NewHandler(subject Subject) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+PathHealthz, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET "+PathReadyz, func(w http.ResponseWriter, _ *http.Request) {
		status := subject.Status()
		if status.Ready {
			fmt.Fprintln(w, "ok")
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		for _, problem := range status.Problems {
			fmt.Fprintln(w, problem)
		}
	})
	mux.HandleFunc("GET "+PathStatus, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, subject.Status()) })
	mux.HandleFunc("GET "+PathRoutes, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, subject.Routes()) })
	return mux
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	// An error is the client's having left.
	_ = json.NewEncoder(w).Encode(value)
}
