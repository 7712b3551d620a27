package manifests_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func agent(t *testing.T, objects []client.Object) core.PodSpec {
	t.Helper()
	daemonSet := named[*apps.DaemonSet](t, objects, "inshore-agent")
	if daemonSet.Namespace != v1alpha1.AgentNamespace {
		t.Fatalf("the agent is in namespace %s, its Leases in %s", daemonSet.Namespace, v1alpha1.AgentNamespace)
	}
	return daemonSet.Spec.Template.Spec
}

// The namespace allows everything, so what the agent takes of it is held here:
// the strictest level's complaints about it, all of them.
func TestTheAgentTakesNoMoreThanItNeeds(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	template := named[*apps.DaemonSet](t, render(t, "agent"), "inshore-agent").Spec.Template
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec))
	want := []string{
		"host namespaces", "hostPort", "seLinuxOptions", "probe or lifecycle host",
		"unrestricted capabilities", "restricted volume types", "runAsNonRoot != true", "runAsUser=0",
	}
	got := slices.Clone(result.ForbiddenReasons)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("at %s the agent is refused for\n%q\nwant\n%q\n%s", level, got, want, result.ForbiddenDetail())
	}
	pod := template.Spec
	if !pod.HostNetwork || pod.HostPID || pod.HostIPC || pod.DNSPolicy != core.DNSDefault {
		t.Errorf("hostNetwork %t, hostPID %t, hostIPC %t, dnsPolicy %s", pod.HostNetwork, pod.HostPID, pod.HostIPC, pod.DNSPolicy)
	}
	context := pod.Containers[0].SecurityContext
	if !slices.Equal(context.Capabilities.Drop, []core.Capability{"ALL"}) || !slices.Equal(context.Capabilities.Add, []core.Capability{"BPF", "NET_ADMIN"}) {
		t.Errorf("capabilities are %v, want BPF and NET_ADMIN alone", context.Capabilities)
	}
	if *context.Privileged || *context.AllowPrivilegeEscalation || !*context.ReadOnlyRootFilesystem || *context.RunAsUser != 0 {
		t.Errorf("the container's context is %+v", context)
	}
	if pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("seccomp is %s", pod.SecurityContext.SeccompProfile.Type)
	}
}

func TestTheAgentRunsOnEveryNodeAndStays(t *testing.T) {
	objects := render(t, "agent")
	pod := agent(t, objects)
	if !slices.Equal(pod.Tolerations, []core.Toleration{{Operator: core.TolerationOpExists}}) {
		t.Errorf("tolerations are %v, want every taint", pod.Tolerations)
	}
	if pod.PriorityClassName != "system-node-critical" {
		t.Errorf("priority class is %s", pod.PriorityClassName)
	}
	quota := named[*core.ResourceQuota](t, objects, "inshore-agent-critical")
	if scope := quota.Spec.ScopeSelector.MatchExpressions[0]; !slices.Contains(scope.Values, pod.PriorityClassName) || quota.Namespace != v1alpha1.AgentNamespace {
		t.Errorf("the quota in %s is for %v, pods are %s", quota.Namespace, scope, pod.PriorityClassName)
	}
	if pods := quota.Spec.Hard[core.ResourcePods]; pods.Value() < 15000 {
		t.Errorf("the quota admits %d agents, a cluster may have more nodes", pods.Value())
	}
	// Two agents on a node share ports and the tables in the kernel.
	rolling := named[*apps.DaemonSet](t, objects, "inshore-agent").Spec.UpdateStrategy.RollingUpdate
	if rolling.MaxSurge.IntValue() != 0 || rolling.MaxUnavailable.String() != "10%" {
		t.Errorf("maxSurge %s, maxUnavailable %s", rolling.MaxSurge, rolling.MaxUnavailable)
	}
}

func TestTheAgentIsAskedWhereItListens(t *testing.T) {
	objects := render(t, "agent")
	pod := agent(t, objects)
	container := pod.Containers[0]
	for path, probes := range map[string][]*core.Probe{
		"/readyz":  {container.ReadinessProbe},
		"/healthz": {container.LivenessProbe, container.StartupProbe},
	} {
		for _, probe := range probes {
			asked := probe.HTTPGet
			if listen := fmt.Sprintf("--health-listen=%s:%d", asked.Host, asked.Port.IntValue()); asked.Path != path || !slices.Contains(container.Args, listen) {
				t.Errorf("a probe asks %s at %s; args are %q", asked.Path, listen, container.Args)
			}
			if asked.Host != "127.0.0.1" {
				t.Errorf("a probe asks %s: the health port is on loopback", asked.Host)
			}
		}
	}
	metrics := named[*core.Service](t, objects, "inshore-agent-metrics")
	daemonSet := named[*apps.DaemonSet](t, objects, "inshore-agent")
	requireSelects(t, metrics, metrics.Spec.Selector, daemonSet.Spec.Template.Labels)
	requireSelects(t, daemonSet, daemonSet.Spec.Selector.MatchLabels, daemonSet.Spec.Template.Labels)
	if port := container.Ports[0]; port.Name != metrics.Spec.Ports[0].TargetPort.StrVal || port.HostPort != port.ContainerPort ||
		!slices.Contains(container.Args, fmt.Sprintf("--metrics-listen=:%d", port.ContainerPort)) {
		t.Errorf("port %v, Service %v, args %q", port, metrics.Spec.Ports, container.Args)
	}
}

func TestWhatTheAgentMounts(t *testing.T) {
	pod := agent(t, render(t, "agent"))
	paths := map[string]string{}
	for _, volume := range pod.Volumes {
		if volume.HostPath == nil || *volume.HostPath.Type != core.HostPathDirectory {
			t.Fatalf("volume %s is not a directory of the node, which must be there", volume.Name)
		}
		paths[volume.Name] = volume.HostPath.Path
	}
	mounts := map[string]string{}
	for _, mount := range pod.Containers[0].VolumeMounts {
		mounts[mount.MountPath] = fmt.Sprintf("%s read-only %t %s", paths[mount.Name], mount.ReadOnly, *mount.MountPropagation)
	}
	want := map[string]string{
		"/host/sys/fs/cgroup": "/sys/fs/cgroup read-only true HostToContainer",
		"/host/sys/fs/bpf":    "/sys/fs/bpf read-only false HostToContainer",
	}
	if fmt.Sprint(mounts) != fmt.Sprint(want) {
		t.Errorf("mounts are %v, want %v", mounts, want)
	}
	if where := (core.EnvVar{Name: "INSHORE_BPFFS", Value: "/host/sys/fs/bpf"}); !slices.Contains(pod.Containers[0].Env, where) {
		t.Errorf("the environment %v does not say where the BPF file system is", pod.Containers[0].Env)
	}
}

// Both programs are of one release: an agent and a webhook that do not
// understand each other must not be put together by a forgotten line.
func TestBothImagesAreOfOneVersion(t *testing.T) {
	objects := render(t, "agent")
	webhook := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec.Containers[0].Image
	_, version, _ := strings.Cut(webhook, ":")
	if image := agent(t, objects).Containers[0].Image; image != "ghcr.io/inshore-dev/inshore-agent:"+version {
		t.Errorf("the agent's image is %s, the webhook's %s", image, webhook)
	}
}

// agentRoles are what the component adds.
var agentRoles = map[string]bool{"inshore-agent": true, "inshore-webhook-deadline": true}

func TestAgentRights(t *testing.T) {
	var got []string
	add := func(role, where string, rules []rbac.PolicyRule) {
		for _, rule := range rules {
			got = append(got, fmt.Sprintf("%s %s: %s/%s%v %v", role, where,
				strings.Join(rule.APIGroups, ","), strings.Join(rule.Resources, ","), rule.ResourceNames, rule.Verbs))
		}
	}
	objects := render(t, "agent")
	for _, role := range all[*rbac.ClusterRole](objects) {
		if agentRoles[role.Name] {
			add(role.Name, "everywhere", role.Rules)
		}
	}
	for _, role := range all[*rbac.Role](objects) {
		if agentRoles[role.Name] {
			add(role.Name, "in "+role.Namespace, role.Rules)
		}
	}
	want := []string{
		"inshore-agent everywhere: /services[] [list watch]",
		"inshore-agent everywhere: /pods[] [list watch]",
		"inshore-agent everywhere: discovery.k8s.io/endpointslices[] [list watch]",
		"inshore-agent everywhere: /pods/status[] [patch]",
		"inshore-agent everywhere: events.k8s.io/events[] [create patch]",
		"inshore-agent in inshore-agent: coordination.k8s.io/leases[] [get create update]",
		"inshore-agent in inshore-agent: apps/daemonsets[inshore-agent] [get]",
		"inshore-webhook-deadline everywhere: /pods[] [list]",
		"inshore-webhook-deadline everywhere: /pods/status[] [patch]",
		"inshore-webhook-deadline everywhere: events.k8s.io/events[] [create patch]",
		"inshore-webhook-deadline in inshore-agent: coordination.k8s.io/leases[] [get]",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("rights are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Whoever may patch pods/status must be named in the policy that narrows it: a
// renamed account would otherwise be judged by nobody. What the policies decide
// is tried on a real API server in e2e/nodeclaim.
func TestThePoliciesNameTheAccounts(t *testing.T) {
	objects := render(t, "agent")
	policies := map[string][]string{
		"inshore-pod-status":  {"inshore-agent:inshore-agent", "inshore-system:inshore-webhook"},
		"inshore-agent-lease": {"inshore-agent:inshore-agent"},
	}
	for name, accounts := range policies {
		policy := named[*admission.ValidatingAdmissionPolicy](t, objects, name)
		for _, account := range accounts {
			namespace, accountName, _ := strings.Cut(account, ":")
			if found := named[*core.ServiceAccount](t, objects, accountName); found.Namespace != namespace {
				t.Errorf("account %s is in %s, %s judges %s", accountName, found.Namespace, name, account)
			}
			if !strings.Contains(policy.Spec.MatchConditions[0].Expression, "'system:serviceaccount:"+account+"'") {
				t.Errorf("%s does not judge %s: %s", name, account, policy.Spec.MatchConditions[0].Expression)
			}
		}
		binding := named[*admission.ValidatingAdmissionPolicyBinding](t, objects, name)
		if binding.Spec.PolicyName != name || !slices.Equal(binding.Spec.ValidationActions, []admission.ValidationAction{admission.Deny}) {
			t.Errorf("binding %s: %+v", name, binding.Spec)
		}
		if *policy.Spec.FailurePolicy != admission.Fail {
			t.Errorf("%s: failurePolicy %s", name, *policy.Spec.FailurePolicy)
		}
	}
	for _, validation := range named[*admission.ValidatingAdmissionPolicy](t, objects, "inshore-pod-status").Spec.Validations[4:] {
		if !strings.Contains(validation.Expression, "'"+v1alpha1.ReadinessGateRouted+"'") {
			t.Errorf("%s is not about %s", validation.Expression, v1alpha1.ReadinessGateRouted)
		}
	}
}

// The component's comment says that it goes with cert-manager too.
func TestTheAgentGoesWithCertManager(t *testing.T) {
	folder := t.TempDir()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	base, err := filepath.Rel(folder, here)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("resources: [%[1]s/overlays/cert-manager]\ncomponents: [%[1]s/components/agent]\n", base)
	if err := os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	objects := renderFolder(t, folder)
	agent(t, objects)
	args := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec.Containers[0].Args
	for _, arg := range []string{"--readiness-gate=agent", "--cert-mode=files"} {
		if !slices.Contains(args, arg) {
			t.Errorf("args %q lack %s", args, arg)
		}
	}
}
