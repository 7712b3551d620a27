package server_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/server"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// A review goes in as the API server sends it, an answer comes out.
func ExampleNewHandler() {
	engine, err := policies.New(policies.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler, err := server.NewHandler(server.Config{
		Platform: func() v1alpha1.Platform {
			return v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}}
		},
		Rules: func() validate.Rules { return validate.Rules{Engine: engine} }, Related: &related.Store{}, Metrics: server.NewMetrics(prometheus.NewRegistry()), Log: logr.Discard(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	review := `{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
		"uid": "1", "kind": {"version": "v1", "kind": "Service"}, "operation": "CREATE", "namespace": "core", "name": "cache",
		"object": {"apiVersion": "v1", "kind": "Service",
			"metadata": {"name": "cache", "namespace": "core", "annotations": {"inshore.dev/node-local": "required"}},
			"spec": {"clusterIP": "None", "selector": {"app": "cache"}}}}}`
	request := httptest.NewRequest("POST", registration.PathValidateServices, strings.NewReader(review))
	request.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	fmt.Println(answer.Code, strings.Contains(answer.Body.String(), `"allowed":false`), strings.Contains(answer.Body.String(), "ISH101"))
	// Output: 200 true true
}
