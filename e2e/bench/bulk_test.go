package bench

import (
	"bytes"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func original() *bulk {
	o := &bulk{service: *service("s000000", map[string]string{"a": "b"})}
	o.service.UID, o.service.ResourceVersion = "original", "17"
	o.service.Spec.ClusterIP, o.service.Spec.ClusterIPs = "10.96.0.9", []string{"10.96.0.9"}
	o.slice.Name, o.slice.UID = "s000000-abcde", "slice"
	o.slice.Labels = map[string]string{discoveryv1.LabelServiceName: "s000000", "kept": "yes"}
	o.slice.OwnerReferences = []metav1.OwnerReference{{Kind: "Service", Name: "s000000", UID: "original"}}
	o.address.Name = "10.96.0.9"
	o.address.Spec.ParentRef = &networkingv1.ParentReference{Resource: "services", Name: "s000000"}
	return o
}

func decode(t *testing.T, e entry) (object any) {
	t.Helper()
	object, _, err := stored.Decode(e.Value, nil, nil)
	if err != nil {
		t.Fatalf("decode %s: %v", e.Key, err)
	}
	return object
}

func TestCopiesBelongTogetherAndToNobodyElse(t *testing.T) {
	o := original()
	copies, err := o.copy(300)
	if err != nil || len(copies) != 3 {
		t.Fatalf("got %d entries, %v, want one of each kind", len(copies), err)
	}
	slice, address, s := decode(t, copies[0]).(*discoveryv1.EndpointSlice), decode(t, copies[1]).(*networkingv1.IPAddress), decode(t, copies[2]).(*corev1.Service)
	switch {
	case s.Name != "s000300" || s.Spec.ClusterIP != "10.100.1.45" || s.Spec.ClusterIPs[0] != s.Spec.ClusterIP || s.ResourceVersion != "" || s.UID == "original":
		t.Errorf("Service: %+v", s)
	case s.Spec.Selector["a"] != "b":
		t.Errorf("Service lost what is not its name: %+v", s)
	case slice.OwnerReferences[0].UID != s.UID || slice.OwnerReferences[0].Name != s.Name || slice.Labels[discoveryv1.LabelServiceName] != s.Name || slice.Labels["kept"] != "yes":
		t.Errorf("slice: %+v", slice)
	case address.Name != s.Spec.ClusterIP || address.Spec.ParentRef.Name != s.Name:
		t.Errorf("IPAddress: %+v", address)
	}
	for _, want := range []struct {
		entry
		key string
	}{
		{copies[0], "/registry/endpointslices/bench/" + slice.Name},
		{copies[1], "/registry/ipaddresses/10.100.1.45"}, {copies[2], "/registry/services/specs/bench/s000300"},
	} {
		if string(want.Key) != want.key || !bytes.HasPrefix(want.Value, []byte("k8s\x00")) {
			t.Errorf("got %s = %.4q, want %s in the API server's encoding", want.Key, want.Value, want.key)
		}
	}
	if o.slice.Labels[discoveryv1.LabelServiceName] != "s000000" || o.service.Spec.ClusterIPs[0] != "10.96.0.9" || o.address.Spec.ParentRef.Name != "s000000" {
		t.Error("the original was changed")
	}
}
