package routes

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestWrongAnnotationsCountAsNotWritten(t *testing.T) {
	tests := map[string]struct {
		label       string
		annotations map[string]string
		behaviour   v1alpha1.NoLocalEndpoint
		balance     v1alpha1.Balance
		errors      []string
	}{
		"a typo in one leaves the others": {
			label:       "required",
			annotations: map[string]string{"no-local-endpoint": "fallback", "balance": "randon"},
			behaviour:   "fallback", balance: "random", errors: []string{"balance"},
		},
		"a word of a newer version changes nothing": {
			label:       "required",
			annotations: map[string]string{"no-local-endpoint": "drop", "brand-new": "yes", "balance": "round-robin"},
			behaviour:   "drop", balance: "round-robin", errors: []string{"brand-new"},
		},
		"a wrong behaviour is the default": {
			label:       "required",
			annotations: map[string]string{"no-local-endpoint": "explode"},
			behaviour:   "reject", balance: "random", errors: []string{"no-local-endpoint"},
		},
		"preferred leaves the node whatever else is written": {
			label:       "preferred",
			annotations: map[string]string{"node-local": "preferred", "no-local-endpoint": "drop"},
			behaviour:   "fallback", balance: "random", errors: []string{"no-local-endpoint"},
		},
		"the label holds where the annotation differs": {
			label:       "required",
			annotations: map[string]string{"node-local": "preferred"},
			behaviour:   "reject", balance: "random",
		},
		"a label that is no word of ours is none": {
			label:       "sometimes",
			annotations: map[string]string{"no-local-endpoint": "fallback"},
			behaviour:   "drop", balance: "random",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			object := &corev1.Service{ObjectMeta: metav1.ObjectMeta{
				Labels: map[string]string{v1alpha1.LabelNodeLocal: test.label}, Annotations: map[string]string{},
			}}
			for key, value := range test.annotations {
				object.Annotations[v1alpha1.Prefix+key] = value
			}
			object.Spec = corev1.ServiceSpec{ClusterIPs: []string{"10.96.0.1"}, Ports: []corev1.ServicePort{{Port: 80}}}
			service, errs := FromService(object)
			route := Compute(service, nil, nil, "a")[0].Route
			if route.Behaviour != test.behaviour || route.Balance != test.balance {
				t.Errorf("got %s and %s, want %s and %s", route.Behaviour, route.Balance, test.behaviour, test.balance)
			}
			if len(errs) != len(test.errors) {
				t.Fatalf("got the errors %v, want %d", errs, len(test.errors))
			}
			for i, key := range test.errors {
				if !strings.Contains(errs[i].Field, v1alpha1.Prefix+key) {
					t.Errorf("%v is not about %s", errs[i], key)
				}
			}
		})
	}
}

func TestWhatNoServerLetsThroughIsLeftOut(t *testing.T) {
	service, _ := FromService(&corev1.Service{Spec: corev1.ServiceSpec{
		ClusterIPs: []string{"::ffff:10.96.0.1", "10.96.0.1", "nonsense", "0.0.0.0", "fe80::1%eth0"},
		Ports:      []corev1.ServicePort{{Name: "first", Port: 80}, {Name: "second", Port: 80}, {Port: 0}, {Port: 70000}, {Port: 90, Protocol: "QUIC"}},
	}})
	if diff := cmp.Diff("10.96.0.1:80/tcp /:first else=drop\n", tableOf(Compute(service, nil, nil, "a")).String()); diff != "" {
		t.Errorf("wanted (-), got (+):\n%s", diff)
	}
}

func tableOf(entries []Entry) Table {
	table := Table{}
	for _, entry := range entries {
		table[entry.Frontend] = entry.Route
	}
	return table
}

func TestSliceConditionsHaveTheirDefaults(t *testing.T) {
	slice := FromSlice(&discoveryv1.EndpointSlice{
		Ports: []discoveryv1.EndpointPort{{Port: new(int32(80))}, {Name: new("all ports")}},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"10.0.0.1", "10.0.0.2"}},
			{Addresses: []string{"10.0.0.3"}, Conditions: discoveryv1.EndpointConditions{Ready: new(false)}},
			{Addresses: []string{"db.example.com"}}, {},
		},
	})
	if len(slice.Ports) != 1 || slice.Ports[0] != (SlicePort{"", TCP, 80}) {
		t.Errorf("ports: %+v, want TCP 80 alone", slice.Ports)
	}
	if len(slice.Endpoints) != 2 {
		t.Fatalf("endpoints: %+v, want the first address of each that has one", slice.Endpoints)
	}
	if e := slice.Endpoints[0]; !e.Ready || !e.Serving || e.Terminating || e.Node != "" {
		t.Errorf("nothing written: %+v, want ready and serving", e)
	}
	if e := slice.Endpoints[1]; e.Ready || !e.Serving || e.Terminating {
		t.Errorf("not ready: %+v, want serving", e)
	}
}

func TestControllerIsADaemonSetOfAnyGroup(t *testing.T) {
	for kind, want := range map[string]bool{"DaemonSet": true, "ReplicaSet": false, "StatefulSet": false} {
		pod := FromPod(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{
			{Kind: "DaemonSet", UID: "owner", Controller: nil},
			{Kind: kind, APIVersion: "apps.example.com/v1", UID: "controller", Controller: new(true)},
		}}})
		if got := pod.Controller == "controller"; got != want {
			t.Errorf("%s: controller %q", kind, pod.Controller)
		}
	}
}

func TestTimesCompareWhereverTheyCameFrom(t *testing.T) {
	moment := time.Date(2026, 1, 1, 12, 0, 0, 0, time.FixedZone("east", 3600))
	here := FromPod(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(moment)}})
	there := FromPod(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(moment.UTC())}})
	if !here.decidesLike(there) {
		t.Error("one pod, decoded in two time zones, counts as changed")
	}
}
