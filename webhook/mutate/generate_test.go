package mutate_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The generators draw objects that an API server could hold: no empty maps
// where its types omit them, and a pair of maxSurge and maxUnavailable that it
// would accept. Absent parents are drawn too, as files have them.

func drawObject(t *rapid.T) object {
	if rapid.Bool().Draw(t, "service") {
		return drawService(t)
	}
	return drawDaemonSet(t)
}

func drawMetadata(t *rapid.T) object {
	metadata := object{"name": "memcached", "namespace": "cache", "uid": "0b9c", "ownerReferences": []any{object{"kind": "Cache"}}}
	maybe(t, metadata, "labels",
		object{"app": "memcached"}, object{"app.kubernetes.io/name": "memcached", "a~b": "c"},
		object{"inshore.dev/node-local": "of-their-own"}, object{"inshore.dev/node-local": "required", "app": "x"},
		object{"inshore.dev/no-local-endpoint": "of-their-own"}, object{"inshore.dev/no-local-endpoint": "fallback", "app": "x"})
	maybe(t, metadata, "annotations", object{"example.com/owner": "team"}, object{"a": "", "b/c~d": `"quoted" <>&`})
	return metadata
}

func drawService(t *rapid.T) object {
	spec := object{"ports": []any{object{"port": 11211, "targetPort": "mc"}}, "ipFamilies": []any{"IPv4"}}
	maybe(t, spec, "type", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName")
	maybe(t, spec, "clusterIP", "10.0.0.7", "10.0.0.8", "None")
	maybe(t, spec, "internalTrafficPolicy", "Cluster", "Cluster", "Local")
	maybe(t, spec, "externalTrafficPolicy", "Cluster", "Local")
	maybe(t, spec, "trafficDistribution", "PreferClose", "PreferSameNode", "PreferSameZone")
	if rapid.IntRange(0, 9).Draw(t, "selector") > 0 {
		spec["selector"] = object{"app": "memcached"}
	}
	return object{
		"apiVersion": "v1", "kind": "Service", "metadata": drawMetadata(t), "spec": spec,
		"status": object{"loadBalancer": object{}},
	}
}

func drawDaemonSet(t *rapid.T) object {
	pod := object{"dnsPolicy": "ClusterFirst", "priorityClassName": "high", "containers": drawContainers(t)}
	maybe(t, pod, "terminationGracePeriodSeconds", 30, 45, 120, 0, 1)
	if grace, ok := pod["terminationGracePeriodSeconds"].(int); ok && grace < ownSleep {
		// The API server refuses a sleep longer than the grace period.
		for _, c := range pod["containers"].([]any) {
			delete(c.(object), "lifecycle")
		}
	}
	maybe(t, pod, "readinessGates",
		[]any{object{"conditionType": "example.com/a"}},
		[]any{object{"conditionType": "example.com/a"}, object{"conditionType": "inshore.dev/routed"}, object{"conditionType": "example.com/b"}},
		[]any{object{"conditionType": "inshore.dev/routed"}})
	if rapid.IntRange(0, 9).Draw(t, "hostNetwork") == 0 {
		pod["hostNetwork"] = true
	}
	if rapid.Bool().Draw(t, "sidecar") {
		pod["initContainers"] = []any{object{"name": "proxy", "image": "p", "restartPolicy": "Always"}}
	}
	spec := object{
		"template": object{"metadata": object{"labels": object{"app": "memcached"}}, "spec": pod},
		"selector": object{"matchLabels": object{"app": "memcached"}}, "revisionHistoryLimit": 10,
	}
	if rapid.IntRange(0, 3).Draw(t, "updateStrategy") > 0 {
		spec["updateStrategy"] = drawStrategy(t)
	}
	return object{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": drawMetadata(t), "spec": spec, "status": object{}}
}

func drawStrategy(t *rapid.T) object {
	strategy := object{"type": "RollingUpdate"}
	if rapid.IntRange(0, 9).Draw(t, "OnDelete") == 0 {
		return object{"type": "OnDelete"}
	}
	switch rapid.IntRange(0, 3).Draw(t, "rollingUpdate") {
	case 0:
	case 1:
		strategy["rollingUpdate"] = object{"maxUnavailable": 1}
	default:
		strategy["rollingUpdate"] = drawRolling(t)
	}
	if len(strategy) > 1 && rapid.Bool().Draw(t, "without type") {
		delete(strategy, "type")
	}
	return strategy
}

func drawRolling(t *rapid.T) object {
	amount := rapid.SampledFrom([]any{1, 3, "10%", "100%"}).Draw(t, "amount")
	if rapid.Bool().Draw(t, "surges") {
		return object{"maxSurge": amount, "maxUnavailable": rapid.SampledFrom([]any{0, "0%"}).Draw(t, "none")}
	}
	return object{"maxSurge": rapid.SampledFrom([]any{0, "0%"}).Draw(t, "none"), "maxUnavailable": amount}
}

func drawContainers(t *rapid.T) []any {
	containers := make([]any, rapid.IntRange(1, 3).Draw(t, "containers"))
	for i := range containers {
		containers[i] = drawContainer(t, fmt.Sprintf("c%d", i))
	}
	return containers
}

// ownSleep is a preStop sleep that users write themselves, in seconds.
const ownSleep = 7

func drawContainer(t *rapid.T, name string) object {
	// A name of digits is a DNS label too, and must not pass for an index.
	name = rapid.SampledFrom([]string{name, strings.TrimPrefix(name, "c")}).Draw(t, "name")
	c := object{"name": name, "image": "memcached:1.6", "resources": object{}}
	maybe(t, c, "lifecycle",
		object{}, object{"postStart": object{"exec": object{"command": []any{"true"}}}},
		object{"preStop": object{"exec": object{"command": []any{"sleep", "1"}}}},
		object{"preStop": object{"sleep": object{"seconds": ownSleep}}}, object{"stopSignal": "SIGUSR1"})
	if rapid.IntRange(0, 14).Draw(t, "hostPort") == 0 {
		c["ports"] = []any{object{"containerPort": 80, "hostPort": 80}}
	}
	return c
}

// drawWords draws what a user asks for; an empty value removes an annotation.
func drawWords(t *rapid.T, kind any) map[string]string {
	words := map[string]string{}
	draw := func(name string, values ...string) {
		words[v1alpha1.Prefix+name] = rapid.SampledFrom(append(values, "")).Draw(t, name)
	}
	draw("node-local", "required", "preferred", "disabled", "required", "preferred")
	if kind == "Service" {
		draw("external-traffic", "local", "local")
		// Together with preferred it is an error, and never gets here.
		if words[v1alpha1.AnnotationNodeLocal] != "preferred" {
			draw("no-local-endpoint", "fallback", "reject", "drop")
		} else {
			words[v1alpha1.AnnotationNoLocalEndpoint] = ""
		}
	} else {
		draw("max-surge", "1", "2", "50%")
		draw("drain", "5s", "20s", "2m")
		draw("readiness-gate", "agent", "none")
	}
	return words
}

// noWords removes every annotation that users write.
func noWords() map[string]string {
	words := map[string]string{}
	for _, name := range []string{"node-local", "no-local-endpoint", "external-traffic", "max-surge", "drain", "readiness-gate"} {
		words[v1alpha1.Prefix+name] = ""
	}
	return words
}

func drawPlatform(t *rapid.T) v1alpha1.Platform {
	return v1alpha1.Platform{
		Kubernetes:    v1alpha1.Version{Major: 1, Minor: rapid.IntRange(30, 37).Draw(t, "minor")},
		ReadinessGate: rapid.SampledFrom([]v1alpha1.ReadinessGate{"", "agent", "none"}).Draw(t, "default gate"),
	}
}
