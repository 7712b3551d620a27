package routes

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// daemonPod is a ready pod of DaemonSet d1 with the address 10.244.1.HOST.
func daemonPod(name string, host byte, created int64, change func(*Pod)) *Pod {
	p := &Pod{
		NamespacedName: types.NamespacedName{Namespace: "core", Name: name},
		Labels:         LabelsOf(map[string]string{"app": "d"}),
		Controller:     "d1", Created: time.Unix(created, 0), OtherGatesReady: true, ContainersReady: true, Ready: true,
		IPs: []netip.Addr{netip.AddrFrom4([4]byte{10, 244, 1, host})},
	}
	if change != nil {
		change(p)
	}
	return p
}

func daemonService() *Service {
	return &Service{
		NamespacedName: types.NamespacedName{Namespace: "core", Name: "d"},
		NodeLocal:      v1alpha1.NodeLocalRequired,
		ClusterIPs:     []netip.Addr{netip.MustParseAddr("10.96.0.1")},
		Ports:          []ServicePort{{Protocol: TCP, Port: 80}},
		Selector:       LabelsOf(map[string]string{"app": "d"}),
	}
}

func TestWhichPodOfADaemonSetTakesOver(t *testing.T) {
	unready := func(p *Pod) { p.Ready, p.ContainersReady = false, false }
	tests := map[string]struct {
		publish bool
		pods    []*Pod
		want    string
	}{
		"the newer one": {
			pods: []*Pod{daemonPod("a", 1, 20, nil), daemonPod("b", 2, 10, nil)}, want: "10.244.1.1:80",
		},
		"of one second, the last by name": {
			pods: []*Pod{daemonPod("a", 1, 10, nil), daemonPod("b", 2, 10, nil)}, want: "10.244.1.2:80",
		},
		"not a newer one that cannot serve yet": {
			pods: []*Pod{daemonPod("old", 1, 10, nil), daemonPod("new", 2, 20, unready)}, want: "10.244.1.1:80",
		},
		"nor a newer one that has no address yet": {
			pods: []*Pod{daemonPod("old", 1, 10, nil), daemonPod("new", 2, 20, func(p *Pod) { p.IPs = nil })}, want: "10.244.1.1:80",
		},
		"nor a newer one that is leaving": {
			pods: []*Pod{daemonPod("old", 1, 10, nil), daemonPod("new", 2, 20, func(p *Pod) { p.Terminating = true })}, want: "10.244.1.1:80",
		},
		"a pod of another DaemonSet beside it": {
			pods: []*Pod{daemonPod("old", 1, 10, nil), daemonPod("other", 2, 20, func(p *Pod) { p.Controller = "d2" })},
			want: "10.244.1.1:80 10.244.1.2:80",
		},
		"and pods of none": {
			pods: []*Pod{daemonPod("a", 1, 10, func(p *Pod) { p.Controller = "" }), daemonPod("b", 2, 20, func(p *Pod) { p.Controller = "" })},
			want: "10.244.1.1:80 10.244.1.2:80",
		},
		"published before it is ready, not while one is": {
			publish: true,
			pods:    []*Pod{daemonPod("old", 1, 10, nil), daemonPod("new", 2, 20, unready)}, want: "10.244.1.1:80",
		},
		"published before any is ready, the newer": {
			publish: true,
			pods:    []*Pod{daemonPod("old", 1, 10, unready), daemonPod("new", 2, 20, unready)}, want: "10.244.1.2:80",
		},
		"of those that leave, all": {
			pods: []*Pod{
				daemonPod("old", 1, 10, func(p *Pod) { p.Terminating = true }), daemonPod("new", 2, 20, func(p *Pod) { p.Terminating = true }),
			},
			want: "10.244.1.1:80 10.244.1.2:80",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			service := daemonService()
			service.PublishNotReadyAddresses = test.publish
			slices.Reverse(test.pods)
			route := Compute(service, test.pods, nil, "a")[0].Route
			if got := strings.Trim(fmt.Sprint(route.Local), "[]"); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// A gate that waited for room would hold up its rollout for ever.
func TestPodForWhichThereIsNoRoomIsRoutedAllTheSame(t *testing.T) {
	x := NewIndex(Config{Node: "a", Scope: ScopeOptedIn})
	x.SetService(daemonService())
	for i := range byte(MaxLocal + 4) {
		x.SetPod(daemonPod(fmt.Sprint("pod-", i), i+1, 10, func(p *Pod) { p.Controller = "" }))
	}
	crowded := 0
	for pod := range x.Pods() {
		reach, ok := x.Reach(pod.NamespacedName)
		if !ok || !reach.Routed() {
			t.Errorf("%s is not routed: %+v", pod.Name, reach)
		}
		crowded += len(reach.Crowded)
	}
	if crowded != 4 {
		t.Errorf("%d pods are left out, want 4", crowded)
	}
	if _, ok := x.Reach(types.NamespacedName{Namespace: "core", Name: "nobody"}); ok {
		t.Error("a pod that is not known has a reach")
	}
}

// A pod's own condition must not make work: the agent sets it itself.
func TestOurOwnConditionChangesNothing(t *testing.T) {
	x := NewIndex(Config{Node: "a", Scope: ScopeOptedIn})
	x.SetService(daemonService())
	x.SetPod(daemonPod("d", 1, 10, nil))
	x.Checkpoint()
	x.SetPod(daemonPod("d", 1, 10, func(p *Pod) { p.Routed = true }))
	if len(x.stale) != 0 {
		t.Error("a Service is decided anew")
	}
	if reach, _ := x.Reach(types.NamespacedName{Namespace: "core", Name: "d"}); !reach.Pod.Routed {
		t.Error("the condition is not kept")
	}
}
