package mirror

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"

	"github.com/inshore-dev/inshore/policies/related"
)

// BenchmarkMemory reports what one opted-in object costs once it is mirrored:
// half DaemonSets, half Services in front of them, in 50 namespaces.
func BenchmarkMemory(b *testing.B) {
	const objects = 10000
	for b.Loop() {
		store := &related.Store{}
		m := &Mirror{sinks: map[string]*sink{}, log: logr.Discard()}
		ignore := func(cache.ObjectName) {}
		services := from[*corev1.ServiceList](nil, nil, func(s *corev1.Service) any { return ProjectService(s) })
		daemonSets := from[*appsv1.DaemonSetList](nil, nil, func(d *appsv1.DaemonSet) any { return ProjectDaemonSet(d) })
		add(m, "Service", store, services, ignore)
		add(m, "DaemonSet", store, daemonSets, ignore)
		before := inUse()
		for i := range objects / 2 {
			put(b, m.sinks["Service"], services, manyServices(b, i))
			put(b, m.sinks["DaemonSet"], daemonSets, manyDaemonSets(b, i))
		}
		kept = m
		b.ReportMetric(float64(inUse()-before)/objects, "B/object")
	}
}

func put[T k8sruntime.Object](b *testing.B, s *sink, from source[T], object T) {
	p, err := from.projected(object)
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Add(p); err != nil {
		b.Fatal(err)
	}
}

// inUse is the heap that is reachable, in bytes.
func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// manyDaemonSets is the i-th of many DaemonSets of a usual size, decoded anew so
// that no two share memory.
func manyDaemonSets(b *testing.B, i int) *appsv1.DaemonSet {
	return decoded[appsv1.DaemonSet](b, fmt.Sprintf(`{"metadata": {"name": "d%d", "namespace": "n%d", "labels": {"app": "d%d",
		"app.kubernetes.io/part-of": "cache", "team": "platform"}, "annotations": {"inshore.dev/node-local": "required", "inshore.dev/drain": "15s"}},
		"spec": {"minReadySeconds": 5, "selector": {"matchLabels": {"app": "d%d"}}, "updateStrategy": {"type": "RollingUpdate",
		"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}, "template": {"metadata": {"labels": {"app": "d%d",
		"app.kubernetes.io/part-of": "cache", "team": "platform"}}, "spec": {"nodeSelector": {"kubernetes.io/os": "linux"},
		"terminationGracePeriodSeconds": 45, "volumes": [{"name": "config"}, {"name": "spool"},
		{"name": "logs", "hostPath": {"path": "/var/log/pods"}}, {"name": "socket", "hostPath": {"path": "/run/d%d"}}], "containers": [
		{"name": "daemon", "image": "registry.example.com/daemon:1", "ports": [{"name": "memcache", "containerPort": 11211, "protocol": "TCP"},
		{"name": "admin", "containerPort": 11212, "protocol": "TCP"}], "readinessProbe": {"tcpSocket": {"port": 11211}},
		"lifecycle": {"preStop": {"sleep": {"seconds": 15}}}, "volumeMounts": [{"name": "config", "mountPath": "/etc/daemon"},
		{"name": "spool", "mountPath": "/var/spool"}]}, {"name": "exporter", "ports": [{"containerPort": 9442, "protocol": "TCP"}],
		"readinessProbe": {"tcpSocket": {"port": 9442}}, "lifecycle": {"preStop": {"sleep": {"seconds": 15}}}}]}}}}`, i, i%50, i, i, i, i))
}

func manyServices(b *testing.B, i int) *corev1.Service {
	return decoded[corev1.Service](b, fmt.Sprintf(`{"metadata": {"name": "d%d", "namespace": "n%d", "labels": {"app": "d%d",
		"app.kubernetes.io/part-of": "cache", "team": "platform"}, "annotations": {"inshore.dev/node-local": "required"}},
		"spec": {"type": "ClusterIP", "clusterIP": "10.96.0.%d", "sessionAffinity": "None", "internalTrafficPolicy": "Local", "selector": {"app": "d%d"},
		"ports": [{"name": "memcache", "port": 11211, "targetPort": 11211, "protocol": "TCP"},
		{"name": "admin", "port": 11212, "targetPort": 11212, "protocol": "TCP"}]}}`, i, i%50, i, i%256, i))
}

func decoded[T any](b *testing.B, text string) *T {
	object := new(T)
	if err := json.Unmarshal([]byte(text), object); err != nil {
		b.Fatal(err)
	}
	return object
}

// kept keeps the mirror reachable while the heap is measured.
var kept *Mirror
