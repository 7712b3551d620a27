package mirror

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/input"
)

const metadata = `"metadata": {"name": "a", "generateName": "a-", "namespace": "core", "labels": {"l": "1"},
	"annotations": {"inshore.dev/node-local": "required"}, "deletionTimestamp": "2026-03-14T09:26:53Z", "uid": "x"}`

const template = `"template": {"metadata": {"labels": {"app": "a"}, "annotations": {"x": "y", "inshore.dev/drain": "15s"}}, "spec": {
	"hostNetwork": true, "hostPID": true, "nodeSelector": {"os": "linux"}, "terminationGracePeriodSeconds": 45,
	"readinessGates": [{"conditionType": "inshore.dev/routed"}],
	"tolerations": [{"key": "dedicated", "operator": "Equal", "value": "cache", "effect": "NoSchedule", "tolerationSeconds": 5}],
	"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
			{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}], "matchFields": [{"key": "metadata.name", "operator": "NotIn", "values": ["n"]}]}]},
			"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": {}}]},
		"podAffinity": {},
		"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "a"}},
			"namespaces": ["core"], "namespaceSelector": {}, "matchLabelKeys": ["pod-template-hash"], "mismatchLabelKeys": ["x"]}]}},
	"initContainers": [{"name": "sidecar", "restartPolicy": "Always", "image": "i"}],
	"containers": [{"name": "a", "image": "i", "restartPolicy": "Always",
		"ports": [{"name": "memcache", "containerPort": 11211, "hostPort": 11212, "protocol": "TCP"}],
		"readinessProbe": {"tcpSocket": {"port": 11211}}, "startupProbe": {"tcpSocket": {"port": 11211}},
		"lifecycle": {"preStop": {"sleep": {"seconds": 15}, "exec": {"command": ["sleep", "5"]}, "httpGet": {"port": 1}, "tcpSocket": {"port": 1}}, "postStart": {"sleep": {"seconds": 1}}, "stopSignal": "SIGUSR1"},
		"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": true, "subPathExpr": "$(NAME)"}]}],
	"volumes": [{"name": "v", "hostPath": {"path": "/var/run/a.sock", "type": "Socket"}}, {"name": "w", "emptyDir": {}},
		{"name": "x", "persistentVolumeClaim": {"claimName": "c", "readOnly": true}}]}}`

// whole are objects that set every field which is projected, and some others.
var whole = struct{ service, daemonSet, deployment, statefulSet string }{
	service: `{"apiVersion": "v1", "kind": "Service", ` + metadata + `, "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1",
		"externalName": "e", "selector": {"app": "a"}, "internalTrafficPolicy": "Local", "externalTrafficPolicy": "Local",
		"trafficDistribution": "PreferSameNode", "sessionAffinity": "ClientIP", "publishNotReadyAddresses": true,
		"ports": [{"name": "p", "protocol": "TCP", "port": 11211, "targetPort": "memcache", "nodePort": 30000},
			{"name": "q", "protocol": "TCP", "port": 9442, "targetPort": 9442}]}}`,
	daemonSet: `{"apiVersion": "apps/v1", "kind": "DaemonSet", ` + metadata + `, "spec": {"selector": {"matchLabels": {"app": "a"}}, ` + template + `,
		"minReadySeconds": 5, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "10%", "maxUnavailable": 0}}}}`,
	deployment:  `{"apiVersion": "apps/v1", "kind": "Deployment", ` + metadata + `, "spec": {"selector": {}, ` + template + `}}`,
	statefulSet: `{"apiVersion": "apps/v1", "kind": "StatefulSet", ` + metadata + `, "spec": {"selector": {}, ` + template + `}}`,
}

// smallest are objects with as little in them as the API server stores.
var smallest = struct{ service, daemonSet, deployment, statefulSet string }{
	service:     `{"apiVersion": "v1", "kind": "Service", "metadata": {}, "spec": {}}`,
	daemonSet:   `{"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {}, "spec": {"updateStrategy": {}, "template": {"spec": {"containers": [{"lifecycle": {"preStop": {}}}, {"lifecycle": {}}], "affinity": {"nodeAffinity": {}, "podAntiAffinity": {}}}}}}`,
	deployment:  `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {}, "spec": {"template": {"spec": {"affinity": {}, "volumes": [{"hostPath": {}}]}}}}`,
	statefulSet: `{"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {}, "spec": {"template": {"spec": {}}}}`,
}

// An object from a watch and the same object in a review must look the same to
// a rule.
func TestProjectionIsWhatDecodingTheJSONGives(t *testing.T) {
	t.Run("Service", func(t *testing.T) {
		same(t, ProjectService, whole.service, smallest.service)
	})
	t.Run("DaemonSet", func(t *testing.T) {
		same(t, ProjectDaemonSet, whole.daemonSet, smallest.daemonSet)
	})
	t.Run("Deployment", func(t *testing.T) {
		same(t, ProjectDeployment, whole.deployment, smallest.deployment)
	})
	t.Run("StatefulSet", func(t *testing.T) {
		same(t, ProjectStatefulSet, whole.statefulSet, smallest.statefulSet)
	})
}

func same[T any, P any](t *testing.T, project func(*T) *P, objects ...string) {
	t.Helper()
	for _, object := range objects {
		var typed T
		if err := json.Unmarshal([]byte(object), &typed); err != nil {
			t.Fatal(err)
		}
		want := new(P)
		if err := json.Unmarshal([]byte(object), want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, project(&typed)); diff != "" {
			t.Errorf("decoded (-), projected (+):\n%s", diff)
		}
	}
}

// Without this a field added to a projection would be missing in the mirror and
// no test would notice.
func TestTheTestObjectsSetEveryProjectedField(t *testing.T) {
	for _, c := range []struct {
		object string
		into   any
	}{{whole.service, &input.Service{}}, {whole.daemonSet, &input.DaemonSet{}}, {whole.deployment, &input.Workload{}}} {
		if err := json.Unmarshal([]byte(c.object), c.into); err != nil {
			t.Fatal(err)
		}
		set := map[string]bool{}
		note(set, reflect.ValueOf(c.into))
		for field, isSet := range set {
			if !isSet {
				t.Errorf("%T: %s is nowhere set in the test's object", c.into, field)
			}
		}
	}
}

// note records of every field of every struct in v whether it is set anywhere.
func note(set map[string]bool, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		note(set, v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			note(set, v.Index(i))
		}
	case reflect.Struct:
		if v.Type().PkgPath() != reflect.TypeFor[input.Service]().PkgPath() {
			return
		}
		for i := range v.NumField() {
			name := v.Type().Name() + "." + v.Type().Field(i).Name
			set[name] = set[name] || !v.Field(i).IsZero()
			if !v.Field(i).IsZero() {
				note(set, v.Field(i))
			}
		}
	}
}
