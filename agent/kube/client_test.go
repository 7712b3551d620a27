package kube_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/agent/kube"
)

func TestEveryKindThatTheAgentUsesIsKnown(t *testing.T) {
	var path, accept string
	kind := ""
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, accept = r.URL.Path, r.Header.Get("Accept")
		w.Header().Set("Content-Type", "application/json")
		version := strings.TrimPrefix(strings.TrimPrefix(path[:strings.Index(path, "/namespaces")], "/apis/"), "/api/")
		fmt.Fprintf(w, `{"apiVersion":%q,"kind":%q,"metadata":{"name":"n"}}`, version, kind)
	}))
	defer api.Close()
	client, err := kube.New(&rest.Config{Host: api.URL})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		client   rest.Interface
		resource string
		into     runtime.Object
		path     string
	}{
		"Service":       {client.Core, "services", &corev1.Service{}, "/api/v1/namespaces/x/services/n"},
		"Pod":           {client.Core, "pods", &corev1.Pod{}, "/api/v1/namespaces/x/pods/n"},
		"EndpointSlice": {client.Discovery, "endpointslices", &discoveryv1.EndpointSlice{}, "/apis/discovery.k8s.io/v1/namespaces/x/endpointslices/n"},
		"Lease":         {client.Coordination, "leases", &coordinationv1.Lease{}, "/apis/coordination.k8s.io/v1/namespaces/x/leases/n"},
		"DaemonSet":     {client.Apps, "daemonsets", &appsv1.DaemonSet{}, "/apis/apps/v1/namespaces/x/daemonsets/n"},
		"Event":         {client.Events, "events", &eventsv1.Event{}, "/apis/events.k8s.io/v1/namespaces/x/events/n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			kind = name
			if err := test.client.Get().Namespace("x").Resource(test.resource).Name("n").Do(t.Context()).Into(test.into); err != nil {
				t.Fatal(err)
			}
			if path != test.path {
				t.Errorf("asked %s, want %s", path, test.path)
			}
			if !strings.HasPrefix(accept, "application/vnd.kubernetes.protobuf") {
				t.Errorf("accepts %s, want protobuf first", accept)
			}
		})
	}
}

func TestABadConfigurationIsAnError(t *testing.T) {
	_, err := kube.New(&rest.Config{Host: "https://x", TLSClientConfig: rest.TLSClientConfig{CAFile: "/nowhere"}})
	if err == nil || !strings.Contains(err.Error(), "/nowhere") {
		t.Errorf("got %v", err)
	}
}
