package kube

import (
	"fmt"
	"net/http"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
)

// Client has a REST client for each group that the agent uses. A reflector's
// ListWatch is made of one by cache.NewFilteredListWatchFromClient.
type Client struct {
	// Core knows Services and Pods.
	Core rest.Interface
	// Discovery knows EndpointSlices.
	Discovery rest.Interface
	// Coordination knows Leases.
	Coordination rest.Interface
	// Apps knows DaemonSets.
	Apps rest.Interface
	// Events knows Events.
	Events rest.Interface
}

// New returns clients that share one connection to the API server. It does not
// connect.
func New(config *rest.Config) (*Client, error) {
	scheme := newScheme()
	shared := rest.CopyConfig(config)
	// Protobuf decodes several times faster than JSON, with a fraction of the
	// garbage, and these kinds all have it.
	shared.ContentType = runtime.ContentTypeProtobuf
	shared.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	shared.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	transport, err := rest.HTTPClientFor(shared)
	if err != nil {
		return nil, fmt.Errorf("preparing to talk to the API server: %w", err)
	}
	client := &Client{}
	for group, into := range map[schema.GroupVersion]*rest.Interface{
		corev1.SchemeGroupVersion:         &client.Core,
		discoveryv1.SchemeGroupVersion:    &client.Discovery,
		coordinationv1.SchemeGroupVersion: &client.Coordination,
		appsv1.SchemeGroupVersion:         &client.Apps,
		eventsv1.SchemeGroupVersion:       &client.Events,
	} {
		if *into, err = newClient(shared, group, transport); err != nil {
			return nil, err
		}
	}
	return client, nil
}

func newClient(shared *rest.Config, group schema.GroupVersion, transport *http.Client) (rest.Interface, error) {
	config := rest.CopyConfig(shared)
	config.GroupVersion = &group
	config.APIPath = "/apis"
	if group.Group == "" {
		config.APIPath = "/api"
	}
	client, err := rest.RESTClientForConfigAndClient(config, transport)
	if err != nil {
		return nil, fmt.Errorf("preparing to talk to the API server about %s: %w", group, err)
	}
	return client, nil
}

// newScheme knows the kinds that the agent reads or writes, and no others.
func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for group, kinds := range map[schema.GroupVersion][]runtime.Object{
		corev1.SchemeGroupVersion:         {&corev1.Service{}, &corev1.ServiceList{}, &corev1.Pod{}, &corev1.PodList{}},
		discoveryv1.SchemeGroupVersion:    {&discoveryv1.EndpointSlice{}, &discoveryv1.EndpointSliceList{}},
		coordinationv1.SchemeGroupVersion: {&coordinationv1.Lease{}},
		appsv1.SchemeGroupVersion:         {&appsv1.DaemonSet{}},
		eventsv1.SchemeGroupVersion:       {&eventsv1.Event{}},
	} {
		scheme.AddKnownTypes(group, kinds...)
		// Its options, watch events and Status.
		metav1.AddToGroupVersion(scheme, group)
	}
	return scheme
}
