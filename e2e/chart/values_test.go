package chart

import (
	"fmt"
	"strings"
	"testing"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// objects are what was rendered, in the types of the API: a field that a type
// does not have fails.
type objects struct {
	t   *testing.T
	all map[string]map[string]any
}

func decode[T any](o objects, name string) T {
	o.t.Helper()
	var into T
	if o.all[name] == nil {
		o.t.Fatalf("%s is not rendered", name)
	}
	text, err := yaml.Marshal(o.all[name])
	if err == nil {
		err = yaml.UnmarshalStrict(text, &into)
	}
	if err != nil {
		o.t.Fatalf("%s: %v\n%s", name, err, text)
	}
	return into
}

func (o objects) pod() core.PodTemplateSpec {
	return decode[apps.Deployment](o, "Deployment/inshore-system/inshore-webhook").Spec.Template
}

func (o objects) agent() core.PodTemplateSpec {
	return decode[apps.DaemonSet](o, "DaemonSet/inshore-agent/inshore-agent").Spec.Template
}

// is fails unless two things print alike.
func (o objects) is(what string, got, want any) {
	o.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		o.t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func (o objects) has(what string, got []string, want ...string) {
	o.t.Helper()
	for _, w := range want {
		if !strings.Contains("\n"+strings.Join(got, "\n")+"\n", "\n"+w+"\n") {
			o.t.Errorf("%s %q lacks %s", what, got, w)
		}
	}
}

func variables(c core.Container) []string {
	var all []string
	for _, v := range c.Env {
		all = append(all, v.Name+"="+v.Value)
	}
	return all
}

func TestValues(t *testing.T) {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	tests := map[string]struct {
		values string
		check  func(o objects)
	}{
		"an image may come from a mirror, with a digest and a secret": {
			"image: {repository: 'mirror.example.com:5000/inshore-webhook', tag: v9, digest: '" + digest + "', pullPolicy: Always}\nimagePullSecrets: [{name: pull}]",
			func(o objects) {
				c := o.pod().Spec.Containers[0]
				o.is("image", c.Image, "mirror.example.com:5000/inshore-webhook:v9@"+digest)
				o.is("pull policy", c.ImagePullPolicy, "Always")
				o.is("secrets", o.pod().Spec.ImagePullSecrets, "[{pull}]")
			},
		},
		"a memory limit takes the collector's with it": {
			"resources: {requests: {memory: 128Mi}, limits: {memory: 1Gi}}\nagent: {enabled: true, resources: {limits: {memory: 512Mi}}}",
			func(o objects) {
				c := o.pod().Spec.Containers[0]
				o.is("limit", c.Resources.Limits.Memory(), "1Gi")
				o.is("requests", c.Resources.Requests.Memory(), "128Mi")
				o.has("variables", variables(c), "GOMEMLIMIT=921MiB")
				o.has("the agent's variables", variables(o.agent().Spec.Containers[0]), "GOMEMLIMIT=256MiB")
			},
		},
		"audit and logs": {
			"audit: {mode: report}\nlogLevel: 4\nextraArgs: [--decision-log=-]",
			func(o objects) {
				o.has("args", o.pod().Spec.Containers[0].Args, "--audit=report", "--log-level=4", "--decision-log=-", "--cert-mode=embedded")
			},
		},
		"where pods go": {
			"nodeSelector: {pool: system}\ntolerations: [{key: pool, operator: Exists}]\naffinity: {nodeAffinity: {}}\npodAnnotations: {a: b}",
			func(o objects) {
				o.is("nodeSelector", o.pod().Spec.NodeSelector, "map[pool:system]")
				o.is("tolerations", o.pod().Spec.Tolerations[0].Key, "pool")
				o.is("affinity", o.pod().Spec.Affinity.NodeAffinity != nil, true)
				o.is("annotation", o.pod().Annotations["a"], "b")
			},
		},
		"the quota is for the priority class that pods have": {
			"priorityClassName: platform",
			func(o objects) {
				o.is("class", o.pod().Spec.PriorityClassName, "platform")
				quota := decode[core.ResourceQuota](o, "ResourceQuota/inshore-system/inshore-webhook-critical")
				o.is("quota", quota.Spec.ScopeSelector.MatchExpressions[0].Values, "[platform]")
			},
		},
		"without a priority class there is no quota": {
			"priorityClassName: ''",
			func(o objects) {
				o.is("class", o.pod().Spec.PriorityClassName, "")
				o.is("quota", o.all["ResourceQuota/inshore-system/inshore-webhook-critical"] == nil, true)
			},
		},
		"volumes are added beside the certificate's": {
			"certificates: {mode: cert-manager}\nextraVolumes: [{name: key, secret: {secretName: key}}]\nextraVolumeMounts: [{name: key, mountPath: /key}]\nextraEnv: [{name: A, value: b}]",
			func(o objects) {
				pod := o.pod().Spec
				o.is("volumes", len(pod.Volumes), 2)
				o.is("mounts", pod.Containers[0].VolumeMounts[1].MountPath, "/key")
				o.has("variables", variables(pod.Containers[0]), "A=b")
			},
		},
		"volumes are added where there is none": {
			"extraVolumes: [{name: key, secret: {secretName: key}}]\nextraVolumeMounts: [{name: key, mountPath: /key}]",
			func(o objects) { o.is("volumes", o.pod().Spec.Volumes[0].Name, "key") },
		},
		"the agent's own": {
			"agent: {enabled: true, server: 'https://api.example.com:6443', datapath: both, scope: local, logLevel: debug, extraArgs: [--max-frontends=9], tolerations: [], nodeSelector: {pool: apps}}",
			func(o objects) {
				c := o.agent().Spec.Containers[0]
				o.has("args", c.Args, "--server=https://api.example.com:6443", "--datapath=both", "--scope=local", "--log-level=debug", "--max-frontends=9")
				o.is("tolerations", len(o.agent().Spec.Tolerations), 0)
				o.is("nodeSelector", o.agent().Spec.NodeSelector, "map[kubernetes.io/os:linux pool:apps]")
			},
		},
		"failing open concerns validation only": {
			"failurePolicy: open",
			func(o objects) {
				for _, w := range decode[admission.ValidatingWebhookConfiguration](o, "ValidatingWebhookConfiguration//inshore-validate").Webhooks {
					o.is(w.Name, *w.FailurePolicy, "Ignore")
				}
			},
		},
		"the definition is kept, or not, or not there": {
			"crds: {keep: false}",
			func(o objects) {
				const name = "CustomResourceDefinition//nodelocalpolicies.inshore.dev"
				crd := decode[extensions.CustomResourceDefinition](o, name)
				o.is("kept", crd.Annotations["helm.sh/resource-policy"], "")
				kept := objects{o.t, byName(o.t, rendered(o.t, ""))}
				o.is("kept", decode[extensions.CustomResourceDefinition](kept, name).Annotations["helm.sh/resource-policy"], "keep")
				o.is("there", byName(o.t, rendered(o.t, "crds: {install: false}"))[name] == nil, true)
			},
		},
		"monitoring is found by the labels that others select by": {
			"metrics: {serviceMonitor: {enabled: true, interval: 10s, labels: {release: prometheus}}}\nalerts: {enabled: true, labels: {role: rules}}\ndashboards: {enabled: true, labels: {folder: net}}",
			func(o objects) {
				monitor := unstructured.Unstructured{Object: o.all["ServiceMonitor/inshore-system/inshore-webhook"]}
				o.is("label", monitor.GetLabels()["release"], "prometheus")
				endpoints, _, _ := unstructured.NestedSlice(monitor.Object, "spec", "endpoints")
				o.is("interval", endpoints[0].(map[string]any)["interval"], "10s")
				o.is("label", (&unstructured.Unstructured{Object: o.all["PrometheusRule/inshore-system/inshore-webhook"]}).GetLabels()["role"], "rules")
				labels := decode[core.ConfigMap](o, "ConfigMap/inshore-system/inshore-webhook-dashboard").Labels
				o.is("labels", labels["folder"]+labels["grafana_dashboard"], "net1")
				o.is("the agent's, which is not installed", o.all["ServiceMonitor/inshore-agent/inshore-agent"] == nil, true)
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test.check(objects{t, byName(t, rendered(t, test.values))}) })
	}
}

func TestBadValuesAreRefused(t *testing.T) {
	tests := map[string]struct{ values, want string }{
		"a key that does not exist":             {"replicaCount: 3", "replicaCount"},
		"a key that does not exist, below":      {"image: {name: a}", "'name' not allowed"},
		"a mode that does not exist":            {"certificates: {mode: self}", "'embedded', 'cert-manager'"},
		"a failure policy that does not exist":  {"failurePolicy: Fail", "'default', 'open', 'closed'"},
		"no replica":                            {"replicas: 0", "minimum: got 0, want 1"},
		"more replicas than the quota admits":   {"replicas: 11", "maximum: got 11, want 10"},
		"a number in words":                     {"replicas: two", "got string, want integer"},
		"a memory limit without a unit":         {"resources: {limits: {memory: 256M}}", "does not match pattern"},
		"no memory limit":                       {"resources: {limits: {memory: null}}", "memory"},
		"a digest that is none":                 {"image: {digest: latest}", "does not match pattern"},
		"a repository with a tag":               {"image: {repository: 'a/b:v1'}", "does not match pattern"},
		"an argument that is no flag":           {"extraArgs: [audit=off]", "does not match pattern"},
		"a server without TLS":                  {"agent: {server: 'http://a'}", "does not match pattern"},
		"a selector that is no string":          {"nodeSelector: {a: true}", "got boolean, want string"},
		"a log level that is none":              {"logLevel: verbose", "logLevel"},
		"an agent switched on by a string":      {"agent: {enabled: 'true'}", "got string, want boolean"},
		"a pull secret without a name":          {"imagePullSecrets: [pull]", "got string, want object"},
		"an audit mode that does not exist":     {"audit: {mode: fix}", "'repair', 'report', 'off'"},
		"a quantity that is none, in requests":  {"resources: {requests: {cpu: much}}", "does not match pattern"},
		"a datapath that does not exist":        {"agent: {datapath: iptables}", "'auto', 'ebpf', 'nftables', 'both'"},
		"an interval without a unit":            {"metrics: {serviceMonitor: {interval: '30'}}", "does not match pattern"},
		"a variable without a name":             {"extraEnv: [{value: a}]", "missing property 'name'"},
		"a mount without a path":                {"extraVolumeMounts: [{name: a}]", "missing property 'mountPath'"},
		"a definition to be kept by the string": {"crds: {keep: 'false'}", "got string, want boolean"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := render(t, current, test.values)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want one with %q", err, test.want)
			}
		})
	}
}
