package doctor

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestAnInstallationThatIsWell(t *testing.T) {
	report := Judge(well(t))
	if !report.Healthy || report.Worst() != OK {
		var text strings.Builder
		if err := report.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		t.Errorf("not well:\n%s", &text)
	}
}

var errForbidden = errors.New("is forbidden")

func TestJudge(t *testing.T) {
	const policies = "Policies and audit"
	const webhook, admission, agent, nodes, daemons = "Webhook", "Admission, tried with dry runs", "Agent", "Nodes", "Daemons with the readiness gate"
	tests := map[string]struct {
		damage func(*Facts)
		group  string
		state  State
		detail string // A part of it.
	}{
		"if Kubernetes is too old, it says so": {
			func(f *Facts) { f.Kubernetes.Value.Minor = 29 }, "Cluster", Problem, "1.29, older than 1.30"},
		"if Kubernetes knows no PreferSameNode, it is well enough": {
			func(f *Facts) { f.Kubernetes.Value.Minor = 33 }, "Cluster", OK, "means the same zone before 1.34"},
		"if the version cannot be read, it is not known": {
			func(f *Facts) { f.Kubernetes.Err = errForbidden }, "Cluster", Unknown, "is forbidden"},

		"if there is no webhook, it says how to install it": {
			func(f *Facts) { f.Deployment.Value = nil }, webhook, Problem, "no Deployment inshore-webhook in namespace inshore-system"},
		"if the Deployment cannot be read, it is not known": {
			func(f *Facts) { f.Deployment = Known[*appsv1.Deployment]{Err: errForbidden} }, webhook, Unknown, "is forbidden"},
		"if a replica is not ready, it is a problem": {
			func(f *Facts) { f.Deployment.Value.Status.ReadyReplicas = 1 }, webhook, Problem, "1 of 2 ready, v1"},
		"if no replica is ready, it says what that means": {
			func(f *Facts) { f.Deployment.Value.Status.ReadyReplicas = 0 }, webhook, Problem, "opted-in objects cannot be changed"},
		"if it is scaled to none, it says so": {
			func(f *Facts) { f.Deployment.Value.Spec.Replicas = new(int32(0)) }, webhook, Problem, "scaled to none"},
		"if a configuration is missing, it says so": {
			func(f *Facts) { f.Mutating.Value = nil }, webhook, Problem, "never asks the webhook"},
		"if a configuration cannot be read, it is not known": {
			func(f *Facts) { f.Validating.Value, f.Validating.Err = nil, errForbidden }, webhook, Unknown, "is forbidden"},
		"if a rule was widened, it names the field": {
			func(f *Facts) { f.Mutating.Value.Webhooks[0].Rules[0].Resources = []string{"*"} }, webhook, Problem, "webhooks[0].rules[0].resources"},
		"if a caBundle is empty, it says so": {
			func(f *Facts) { f.Validating.Value.Webhooks[1].ClientConfig.CABundle = nil }, webhook, Problem, "a caBundle is empty"},
		"if every CA has expired, it says so": {
			func(f *Facts) {
				f.Now = now.Add(2 * time.Hour)
				f.Leases.Value = nil
				f.Agents.Value = nil
				f.Nodes.Value = nil
			}, webhook, Problem, "no certificate that is still valid"},

		"if the CRD is missing, it says what cannot be": {
			func(f *Facts) { f.CRD.Value = nil }, policies, Problem, "there can be no policies"},
		"if the CRD may not be read, it is not known": {
			func(f *Facts) { f.CRD = Known[*CRD]{Err: errForbidden} }, policies, Unknown, "is forbidden"},
		"if the CRD is of an older release, it names what is missing": {
			func(f *Facts) {
				delete(f.CRD.Value.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties, "rollout")
			}, policies, Problem, "it has no spec.rollout"},
		"if the CRD does not serve our version, it says so": {
			func(f *Facts) { f.CRD.Value.Spec.Versions[0].Served = false }, policies, Problem, "serves no inshore.dev/v1alpha1"},
		"if policies may not be listed, it is not known": {
			func(f *Facts) { f.NodeLocalPolicies.Err = errForbidden }, policies, Unknown, "is forbidden"},
		"if an entry is missing, policies do not reach what is created": {
			func(f *Facts) { f.NodeLocalPolicies.Value[0].Spec.Enforcement = v1alpha1.EnforcementEnforce }, policies, Problem, "2 are missing"},
		"if a policy has not been looked at since it was edited, it says so": {
			func(f *Facts) { f.NodeLocalPolicies.Value[0].Generation = 3 }, policies, Problem, "nobody has looked at it since"},
		"if a policy is not ready, it says why": {
			func(f *Facts) {
				f.NodeLocalPolicies.Value[0].Status.Conditions[0] = metav1.Condition{Type: "Ready", Status: "False", Message: "no selector"}
			}, policies, Problem, "cannot be followed: no selector"},
		"if a roll-out stands still, it says why": {
			func(f *Facts) {
				f.NodeLocalPolicies.Value[0].Status.Conditions[1] = metav1.Condition{Type: "Progressing", Status: "False", Reason: "ViolationsRose", Message: "3 objects"}
			}, policies, Problem, "stands still, ViolationsRose: 3 objects"},
		"if a roll-out is paused, somebody meant it": {
			func(f *Facts) { f.NodeLocalPolicies.Value[0].Status.Conditions[1].Reason = "Paused" }, policies, OK, "; paused"},
		"if a policy takes in system namespaces, it says so": {
			func(f *Facts) {
				p := f.NodeLocalPolicies.Value[0]
				p.Status.Conditions = append(p.Status.Conditions, metav1.Condition{Type: "Guarded", Status: "True", Message: "leaves out kube-system"})
			}, policies, OK, "leaves out kube-system"},
		"if no replica has led, it says so": {
			func(f *Facts) { f.Leader.Value = nil }, policies, Problem, "no replica has ever led"},
		"if audit is off, nobody is to lead": {
			func(f *Facts) {
				f.Leader.Value = nil
				f.Deployment.Value.Spec.Template.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "INSHORE_AUDIT", Value: "off"}}
			}, policies, OK, "none: --audit=off"},
		"if the leader is gone, it says what that means": {
			func(f *Facts) { f.Leader.Value.Spec.RenewTime.Time = now.Add(-time.Minute) }, policies, Problem, "has not renewed Lease inshore-webhook for 1m0s"},
		"if the Lease may not be read, it is not known": {
			func(f *Facts) { f.Leader.Err = errForbidden }, policies, Unknown, "is forbidden"},
		"if there are no reports, the rest goes on": {
			func(f *Facts) { f.Reports.Value = nil }, policies, OK, "writes no reports"},

		"if a Service comes back unchanged, the webhook was not called": {
			func(f *Facts) { f.Canaries.Service.Value.Spec.InternalTrafficPolicy = nil }, admission, Problem, "came back unchanged"},
		"if a DaemonSet comes back unchanged, the webhook was not called": {
			func(f *Facts) { f.Canaries.DaemonSet.Value = &appsv1.DaemonSet{} }, admission, Problem, "came back unchanged"},
		"if the webhook cannot be called, it is a problem": {
			func(f *Facts) {
				f.Canaries.Service.Err = errors.New(`failed calling webhook "services.validate.inshore.dev": connection refused`)
			}, admission, Problem, "connection refused"},
		"if another webhook refuses the canary, nothing is known of ours": {
			func(f *Facts) {
				f.Canaries.DaemonSet.Err = errors.New(`admission webhook "validate.example.com" denied the request: no owner`)
			}, admission, Unknown, "no owner"},
		"if a mistake is admitted, validation is not called": {
			func(f *Facts) { f.Canaries.Refused = nil }, admission, Problem, "was admitted"},
		"if a mistake is refused by somebody else, nothing is known of ours": {
			func(f *Facts) { f.Canaries.Refused = errForbidden }, admission, Unknown, "is forbidden"},
		"if the webhook gives the gate and no agent is there, every rollout would wait": {
			func(f *Facts) { f.DaemonSet.Value = nil }, admission, Problem, "which nothing opens"},
		"if the agent is there and the webhook gives no gate, rollouts lose requests": {
			func(f *Facts) { f.Canaries.DaemonSet.Value.Spec.Template.Spec.ReadinessGates = nil }, admission, Problem, "no readiness gate"},

		"if the agent's DaemonSet cannot be read, it is not known": {
			func(f *Facts) { f.DaemonSet = Known[*appsv1.DaemonSet]{Err: errForbidden} }, agent, Unknown, "is forbidden"},
		"if the agent's rollout is not over, it says how far it is": {
			func(f *Facts) { f.DaemonSet.Value.Status.UpdatedNumberScheduled = 1 }, agent, Problem, "1 of 2 nodes have v1"},
		"if the two programs are of different releases, it names both": {
			func(f *Facts) { f.DaemonSet.Value.Spec.Template = template("inshore-agent:v2") }, agent, Problem, "the agent is v2, the webhook v1"},
		"if a policy is missing, it names it": {
			func(f *Facts) { f.Policies.Value = f.Policies.Value[1:] }, agent, Problem, "inshore-pod-status is missing"},
		"if a policy only warns, it binds nobody": {
			func(f *Facts) { f.Bindings.Value[1].Spec.ValidationActions = nil }, agent, Problem, "inshore-agent-lease is missing or not bound"},
		"if policies cannot be read, it is not known": {
			func(f *Facts) { f.Policies.Err = errForbidden }, agent, Unknown, "is forbidden"},

		"if a node has no agent, it is named": {
			func(f *Facts) { f.Agents.Value = f.Agents.Value[:1] }, nodes, Problem, "1 of 2 have none: b"},
		"if an agent is on its way out, its node has none": {
			func(f *Facts) { f.Agents.Value[1].DeletionTimestamp = new(metav1.NewTime(now)) }, nodes, Problem, "1 of 2 have none: b"},
		"if a node runs Windows, it needs none": {
			func(f *Facts) {
				f.Nodes.Value = append(f.Nodes.Value, corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "w", Labels: map[string]string{corev1.LabelOSStable: "windows"}}})
			}, nodes, OK, "2 of 2"},
		"if many nodes have none, the first are named": {
			func(f *Facts) {
				many(8, func(name string) {
					f.Nodes.Value = append(f.Nodes.Value, corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}})
				})
			}, nodes, Problem, "8 of 10 have none: n00, n01, n02, n03, n04 and 3 more"},
		"if an agent is not ready, it says why": {
			func(f *Facts) {
				f.Agents.Value[0].Status = corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
					State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				}}}
			}, nodes, Problem, "a (CrashLoopBackOff)"},
		"if an agent renews no Lease, it says for how long": {
			func(f *Facts) { f.Leases.Value[1].Spec.RenewTime.Time = now.Add(-41 * time.Second) }, nodes, Problem, "b (41s ago)"},
		"if an agent never had a Lease, it says so": {
			func(f *Facts) { f.Leases.Value = f.Leases.Value[:1] }, nodes, Problem, "b (no Lease)"},
		"if a node that left has a Lease still, nobody minds": {
			func(f *Facts) {
				gone := *f.Leases.Value[0].DeepCopy()
				gone.Name, gone.Spec.RenewTime.Time = "gone", now.Add(-time.Hour)
				f.Leases.Value = append(f.Leases.Value, gone)
			}, nodes, OK, "2 of 2 Leases are fresh"},
		"if Leases cannot be read, it is not known": {
			func(f *Facts) { f.Leases.Err = errForbidden }, nodes, Unknown, "is forbidden"},
		"if nodes lack the same thing, it is said once": {
			func(f *Facts) {
				for _, checked := range f.Checks {
					checked.Value.Facts = append(checked.Value.Facts, check.Fact{Name: "BPF file system", Problem: "not mounted", Remedy: "mount it"})
				}
			}, nodes, Problem, "BPF file system: not mounted, on a, b"},
		"if nodes' proxies differ, it tells": {
			func(f *Facts) {
				f.Checks["a"].Value.Facts[0] = check.Fact{Name: "cluster's proxy", Value: "honours Local (3 tried)"}
			}, nodes, OK, "cluster's proxy: honours Local (3 tried), on a"},
		"if an agent cannot be asked, it is not known": {
			func(f *Facts) { f.Checks["b"] = Known[*check.Report]{Err: errForbidden} }, nodes, Unknown, "could not ask b: is forbidden"},
		"if agents cannot be listed, nothing is known of nodes": {
			func(f *Facts) { f.Agents.Err = errForbidden }, nodes, Unknown, "is forbidden"},

		"if a daemon runs where no agent is, it is named": {
			func(f *Facts) { f.Agents.Value = f.Agents.Value[1:] }, daemons, Problem, "runs on 1 nodes without an agent: a"},
		"if a daemon's pod waits longer than it should, it is named": {
			func(f *Facts) {
				f.Daemons.Value[0].Pods.Value[0].Status.Conditions[0].LastTransitionTime = metav1.NewTime(now.Add(-61 * time.Second))
			}, daemons, Problem, "mcrouter-1 on a (1m1s)"},
		"if a pod is routed, it does not wait": {
			func(f *Facts) {
				status := &f.Daemons.Value[0].Pods.Value[0].Status
				status.Conditions[0].LastTransitionTime = metav1.NewTime(now.Add(-time.Hour))
				status.Conditions = append(status.Conditions, corev1.PodCondition{Type: v1alpha1.ReadinessGateRouted, Status: corev1.ConditionTrue})
			}, daemons, OK, "none waits"},
		"if a daemon's pods cannot be listed, it is not known": {
			func(f *Facts) { f.Daemons.Value[0].Pods = Known[[]corev1.Pod]{Err: errForbidden} }, daemons, Unknown, "is forbidden"},
		"if no daemon has the gate yet, that is well": {
			func(f *Facts) { f.Daemons.Value = nil }, daemons, OK, "none has it yet"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := well(t)
			test.damage(f)
			report := Judge(f)
			requireFinding(t, report, test.group, test.state, test.detail)
			if report.Healthy != (test.state == OK) {
				t.Errorf("healthy is %t", report.Healthy)
			}
		})
	}
}

func TestAWebhookThatRefusesTheAPIServersCertificateIsToldFromOneThatIsDown(t *testing.T) {
	for alert, want := range map[string]string{"remote error: tls: bad certificate": "--client-ca-file", "connect: connection refused": "network policy"} {
		f := well(t)
		f.Canaries.Service.Err = errors.New(`failed calling webhook "services.validate.inshore.dev": ` + alert)
		for _, finding := range judgeAdmission(f).Findings {
			if finding.State == Problem && !strings.Contains(finding.Remedy, want) {
				t.Errorf("%s: the remedy is %q, want %s in it", alert, finding.Remedy, want)
			}
		}
	}
}

func requireFinding(t *testing.T, report *Report, group string, state State, detail string) {
	t.Helper()
	for _, g := range report.Groups {
		for _, finding := range g.Findings {
			if g.Name == group && finding.State == state && strings.Contains(finding.Detail, detail) {
				return
			}
		}
	}
	var text bytes.Buffer
	if err := report.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s lacks %s %q:\n%s", group, state, detail, &text)
}

// Without the agent there is no word about it but one.
func TestAnInstallationWithoutTheAgent(t *testing.T) {
	f := well(t)
	f.DaemonSet.Value = nil
	f.Canaries.DaemonSet.Value.Spec.Template.Spec.ReadinessGates = nil
	report := Judge(f)
	if !report.Healthy || len(report.Groups) != 5 {
		t.Errorf("healthy %t with %d groups", report.Healthy, len(report.Groups))
	}
	requireFinding(t, report, "Agent", OK, "not installed")
}

func TestAProblemIsWorseThanWhatIsNotKnown(t *testing.T) {
	f := well(t)
	f.Deployment = Known[*appsv1.Deployment]{Err: errForbidden}
	if worst := Judge(f).Worst(); worst != Unknown {
		t.Errorf("worst is %s", worst)
	}
	f.Canaries.Refused = nil
	if worst := Judge(f).Worst(); worst != Problem {
		t.Errorf("worst is %s", worst)
	}
}

func TestEveryProblemHasARemedy(t *testing.T) {
	f := &Facts{Namespace: "inshore-system", Now: now}
	f.Canaries = mutated()
	f.Canaries.Refused = nil
	f.DaemonSet.Value = &appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 1}}
	f.Nodes.Value = well(t).Nodes.Value
	for _, group := range Judge(f).Groups {
		for _, finding := range group.Findings {
			if finding.State == Problem && finding.Remedy == "" {
				t.Errorf("%s: %s: %s: what is to be done?", group.Name, finding.Name, finding.Detail)
			}
		}
	}
}

func TestJSONIsForPrograms(t *testing.T) {
	f := well(t)
	f.Agents.Value = f.Agents.Value[:1]
	var text bytes.Buffer
	if err := Judge(f).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Healthy bool
		Groups  []struct {
			Name     string
			Findings []struct{ Name, State, Detail, Remedy string }
		}
	}
	if err := json.Unmarshal(text.Bytes(), &read); err != nil {
		t.Fatal(err)
	}
	found := read.Groups[5].Findings[0]
	if read.Healthy || found.State != "problem" || found.Name != "an agent on every node" || found.Remedy == "" {
		t.Errorf("read back %+v", found)
	}
}

func TestASettingIsReadAsTheWebhookReadsIt(t *testing.T) {
	env := []corev1.EnvVar{{Name: "INSHORE_AUDIT", Value: "report"}}
	for sentence, test := range map[string]struct {
		container corev1.Container
		want      string
	}{
		"nothing is the default":                  {corev1.Container{Args: []string{"--audit-interval=1m"}}, ""},
		"a flag with an equals sign":              {corev1.Container{Args: []string{"--audit=off"}}, "off"},
		"a flag and its value":                    {corev1.Container{Args: []string{"--audit", "off"}}, "off"},
		"a flag of the command":                   {corev1.Container{Command: []string{"inshore-webhook", "--audit=off"}}, "off"},
		"the last of two":                         {corev1.Container{Args: []string{"--audit=off", "--audit=repair"}}, "repair"},
		"a variable":                              {corev1.Container{Env: env}, "report"},
		"a flag is stronger than a variable":      {corev1.Container{Args: []string{"--audit=off"}, Env: env}, "off"},
		"a flag that lacks its value has none":    {corev1.Container{Args: []string{"--audit"}}, ""},
		"what only begins like a flag is another": {corev1.Container{Args: []string{"--audited=off"}}, ""},
	} {
		if got := setting([]corev1.Container{test.container}, "audit"); got != test.want {
			t.Errorf("%s: got %q, want %q", sentence, got, test.want)
		}
	}
}

func TestImageTag(t *testing.T) {
	for image, want := range map[string]string{
		"ghcr.io/a/b:v1": "v1", "localhost:5000/b": "latest", "localhost:5000/b:v2": "v2", "a@sha256:0f": "sha256:0f",
	} {
		if got := imageTag([]corev1.Container{{Image: image}}); got != want {
			t.Errorf("%s is %s, want %s", image, got, want)
		}
	}
}
