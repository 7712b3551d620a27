package routes

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// FuzzRoutes makes objects out of bytes, sane or not, and holds that nothing
// panics, that a frontend that rejects or drops never leads off the node, that
// no backend is of another family or on the wrong node, and that an Index
// fed in another order has the same table as Build.
func FuzzRoutes(f *testing.F) {
	f.Add([]byte("the quick brown fox"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25})
	for seed := range uint32(16) {
		data := make([]byte, 0, 1200)
		for i := range uint32(300) {
			data = binary.LittleEndian.AppendUint32(data, (seed*300+i+1)*2654435761)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p := &picker{data: data}
		config := Config{Node: "a", Scope: pick(p, []Scope{ScopeOptedIn, ScopeLocal, "other"})}
		w, x := newWorld(), NewIndex(config)
		for range p.below(24) {
			switch p.below(4) {
			case 0:
				service, _ := FromService(p.service())
				x.SetService(w.setService(service))
			case 1, 2:
				x.SetPod(w.setPod(FromPod(p.pod())))
			case 3:
				x.SetSlice(w.setSlice(FromSlice(p.slice())))
			}
			if p.below(4) == 0 {
				x.Changes()
			}
		}
		table := x.Table()
		if want := Build(w.state(config)).String(); want != table.String() {
			t.Fatalf("Build:\n%s\nIndex:\n%s", want, table)
		}
		for f, route := range table {
			stays(t, &w, config, f, route)
		}
		for name := range w.pods {
			x.Reach(name)
		}
	})
}

// stays fails if a route leads where it must not.
func stays(t *testing.T, w *world, config Config, f Frontend, route Route) {
	t.Helper()
	service := w.services[route.Service]
	if !config.Scope.Claims(service) {
		t.Errorf("%s is of a Service that is not ours", f)
	}
	if route.Behaviour != v1alpha1.NoLocalEndpointFallback && len(route.Fallback) > 0 {
		t.Errorf("%s leaves the node: %s", f, route)
	}
	if len(route.Local) > MaxLocal || len(route.Fallback) > MaxFallback {
		t.Errorf("%s has more than there is room for: %s", f, route)
	}
	for _, backend := range route.Local {
		ours := slices.ContainsFunc(w.state(config).Pods, func(p *Pod) bool {
			return p.Namespace == service.Namespace && slices.Contains(p.IPs, backend.Addr())
		})
		if !ours && len(service.Selector) > 0 || backend.Addr().Is4() != f.Addr.Is4() || backend.Port() == 0 {
			t.Errorf("%s: %s is no pod of this node", f, backend)
		}
	}
	for _, backend := range route.Fallback {
		if addr := backend.Addr(); addr.IsLoopback() || addr.IsUnspecified() || addr.Is4() != f.Addr.Is4() || backend.Port() == 0 {
			t.Errorf("%s falls back to %s", f, backend)
		}
	}
}

// picker makes choices out of bytes; zeros once they are used up.
type picker struct{ data []byte }

func (p *picker) below(n int) int {
	if len(p.data) == 0 {
		return 0
	}
	b := p.data[0]
	p.data = p.data[1:]
	return int(b) % n
}

func (p *picker) flip() bool { return p.below(2) == 1 }

func pick[T any](p *picker, all []T) T { return all[p.below(len(all))] }

// raw is a few bytes as they are.
func (p *picker) raw() string {
	n := min(p.below(6), len(p.data))
	text := string(p.data[:n])
	p.data = p.data[n:]
	return text
}

func (p *picker) meta(kind string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: pick(p, []string{"x", "y", ""}), Name: fmt.Sprint(kind, p.below(4)),
		CreationTimestamp: metav1.Unix(int64(p.below(3)), 0), Labels: p.labels(),
	}
}

func (p *picker) labels() map[string]string {
	labels := map[string]string{}
	for range p.below(3) {
		labels[pick(p, []string{"app", "tier"})] = pick(p, []string{"1", "2"})
	}
	return labels
}

func (p *picker) addr() string {
	return pick(p, []string{"10.0.0.1", "10.0.0.2", "10.0.0.3", "fd00::1", "fd00::2", "::ffff:10.0.0.4", "127.0.0.1", "::1",
		"0.0.0.0", "None", "", "fe80::1%eth0", "169.254.1.1", p.raw()})
}

func (p *picker) port() int32 { return pick(p, []int32{1, 2, 3, 80, 65535, 0, -1, 65536, 1 << 30}) }

func (p *picker) protocol() corev1.Protocol {
	return pick(p, []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP, "", "QUIC"})
}

func (p *picker) portName() string { return pick(p, []string{"", "a", "b", p.raw()}) }

func (p *picker) service() *corev1.Service {
	s := &corev1.Service{ObjectMeta: p.meta("service")}
	s.Labels[v1alpha1.LabelNodeLocal] = pick(p, []string{"required", "preferred", "disabled", "", p.raw()})
	s.Annotations = map[string]string{
		v1alpha1.AnnotationNodeLocal:       pick(p, []string{"required", "preferred", "disabled", p.raw()}),
		v1alpha1.AnnotationNoLocalEndpoint: pick(p, []string{"reject", "drop", "fallback", p.raw()}),
		v1alpha1.AnnotationBalance:         pick(p, []string{"random", "never-queue", p.raw()}),
		v1alpha1.Prefix + p.raw():          p.raw(),
	}
	s.Spec.Type = pick(p, []corev1.ServiceType{"", corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName, corev1.ServiceTypeNodePort})
	for range p.below(4) {
		s.Spec.ClusterIPs = append(s.Spec.ClusterIPs, p.addr())
	}
	s.Spec.ClusterIP = p.addr()
	if p.flip() {
		s.Spec.InternalTrafficPolicy = new(pick(p, []corev1.ServiceInternalTrafficPolicy{"Local", "Cluster", ""}))
	}
	s.Spec.PublishNotReadyAddresses = p.flip()
	s.Spec.Selector = p.labels()
	s.Spec.SessionAffinity = pick(p, []corev1.ServiceAffinity{"", "None", "ClientIP"})
	for range p.below(4) {
		target := pick(p, []intstr.IntOrString{{}, intstr.FromInt32(p.port()), intstr.FromString(p.portName())})
		s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{
			Name: p.portName(), Protocol: p.protocol(), Port: p.port(), TargetPort: target,
		})
	}
	return s
}

func (p *picker) pod() *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: p.meta("pod")}
	if p.flip() {
		pod.DeletionTimestamp = &metav1.Time{}
	}
	if p.flip() {
		pod.OwnerReferences = []metav1.OwnerReference{{
			Kind: pick(p, []string{"DaemonSet", "ReplicaSet"}), UID: types.UID(p.raw()), Controller: new(p.flip()),
		}}
	}
	conditions := []corev1.PodConditionType{corev1.PodReady, corev1.ContainersReady, v1alpha1.ReadinessGateRouted, "other"}
	for range p.below(3) {
		pod.Spec.ReadinessGates = append(pod.Spec.ReadinessGates, corev1.PodReadinessGate{ConditionType: pick(p, conditions)})
	}
	for range p.below(5) {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
			Type: pick(p, conditions), Status: pick(p, []corev1.ConditionStatus{"True", "False", "Unknown"}),
		})
	}
	for range p.below(3) {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{
			Ports: []corev1.ContainerPort{{Name: p.portName(), Protocol: p.protocol(), ContainerPort: p.port()}},
		})
	}
	for range p.below(3) {
		pod.Status.PodIPs = append(pod.Status.PodIPs, corev1.PodIP{IP: p.addr()})
	}
	pod.Status.PodIP = p.addr()
	pod.Status.Phase = pick(p, []corev1.PodPhase{"Running", "Running", "Pending", "Failed", "Succeeded"})
	return pod
}

func (p *picker) slice() *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: p.meta("slice")}
	s.Labels[discoveryv1.LabelServiceName] = fmt.Sprint("service", p.below(4))
	for range p.below(4) {
		var port discoveryv1.EndpointPort
		if p.flip() {
			port.Name, port.Protocol = new(p.portName()), new(p.protocol())
		}
		if p.below(4) > 0 {
			port.Port = new(p.port())
		}
		s.Ports = append(s.Ports, port)
	}
	for range p.below(12) {
		var endpoint discoveryv1.Endpoint
		for range p.below(3) {
			endpoint.Addresses = append(endpoint.Addresses, p.addr())
		}
		if p.flip() {
			endpoint.NodeName = new(pick(p, []string{"a", "b", ""}))
		}
		if p.flip() {
			endpoint.Conditions = discoveryv1.EndpointConditions{
				Ready: new(p.flip()), Serving: new(p.flip()), Terminating: new(p.flip()),
			}
		}
		s.Endpoints = append(s.Endpoints, endpoint)
	}
	return s
}
