package manifests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	disruption "k8s.io/api/policy/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// The verdict is the API server's own, by its own code, at the level and version
// that the namespace enforces and at the latest one.
func TestPodsAreRestricted(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			objects := render(t, overlay)
			namespace := named[*core.Namespace](t, objects, "inshore-system")
			levels, errs := api.PolicyToEvaluate(namespace.Labels, api.Policy{})
			if err := errs.ToAggregate(); err != nil {
				t.Fatal(err)
			}
			for _, level := range []api.LevelVersion{levels.Enforce, levels.Audit, levels.Warn} {
				if level.Level != api.LevelRestricted {
					t.Errorf("the namespace asks for %s, want restricted", level)
				}
				for _, deployment := range all[*apps.Deployment](objects) {
					template := deployment.Spec.Template
					result := policy.AggregateCheckResults(evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec))
					if !result.Allowed {
						t.Errorf("%s at %s: %s", deployment.Name, level, result.ForbiddenDetail())
					}
				}
			}
		})
	}
}

func TestContainers(t *testing.T) {
	for _, overlay := range overlays {
		t.Run(overlay, func(t *testing.T) {
			templates := map[string]core.PodTemplateSpec{}
			objects := render(t, overlay)
			for _, deployment := range all[*apps.Deployment](objects) {
				templates[deployment.Name] = deployment.Spec.Template
			}
			for _, daemonSet := range all[*apps.DaemonSet](objects) {
				templates[daemonSet.Name] = daemonSet.Spec.Template
			}
			for name, template := range templates {
				for _, container := range template.Spec.Containers {
					for _, problem := range careless(container) {
						t.Errorf("%s/%s: %s", name, container.Name, problem)
					}
				}
			}
		})
	}
}

// careless says what Pod Security does not ask for and we do.
func careless(container core.Container) []string {
	var problems []string
	for _, name := range []core.ResourceName{core.ResourceCPU, core.ResourceMemory} {
		if quantity := container.Resources.Requests[name]; quantity.IsZero() {
			problems = append(problems, "requests no "+string(name))
		}
	}
	if _, limited := container.Resources.Limits[core.ResourceMemory]; !limited {
		problems = append(problems, "has no memory limit")
	}
	if _, limited := container.Resources.Limits[core.ResourceCPU]; limited {
		problems = append(problems, "has a CPU limit, which is latency for others")
	}
	context := container.SecurityContext
	if context == nil || context.ReadOnlyRootFilesystem == nil || !*context.ReadOnlyRootFilesystem {
		problems = append(problems, "may write to its root file system")
	}
	if container.ReadinessProbe == nil || container.LivenessProbe == nil || container.StartupProbe == nil {
		problems = append(problems, "lacks a probe")
	}
	if container.ImagePullPolicy != core.PullIfNotPresent {
		problems = append(problems, "imagePullPolicy is not IfNotPresent")
	}
	return problems
}

func TestCarelessContainersAreReported(t *testing.T) {
	if got := careless(core.Container{}); len(got) != 6 {
		t.Errorf("an empty container has %d problems, want 6: %q", len(got), got)
	}
}

// processEnds is what inshore-webhook gives itself to end in after the shutdown
// delay, in seconds.
const processEnds = 20

// A replica that is told to go must be able to finish every call it may have
// been given, or its own rollout loses some.
func TestShutdownFitsTheGracePeriod(t *testing.T) {
	objects := render(t, "embedded")
	pod := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec
	var longest int32
	for _, webhook := range named[*admission.ValidatingWebhookConfiguration](t, objects, "inshore-validate").Webhooks {
		longest = max(longest, *webhook.TimeoutSeconds)
	}
	if longest >= processEnds {
		t.Errorf("a call may take %d s, the process ends after %d", longest, processEnds)
	}
	needed := pod.Containers[0].Lifecycle.PreStop.Sleep.Seconds + processEnds
	for _, arg := range pod.Containers[0].Args {
		if value, found := strings.CutPrefix(arg, "--shutdown-delay="); found {
			delay, err := time.ParseDuration(value)
			if err != nil {
				t.Fatal(err)
			}
			needed += int64(delay.Seconds())
		}
	}
	if needed <= processEnds {
		t.Errorf("nothing is waited for before SIGTERM ends the process")
	}
	if grace := *pod.TerminationGracePeriodSeconds; grace <= needed {
		t.Errorf("terminationGracePeriodSeconds is %d, but going takes up to %d s", grace, needed)
	}
}

func TestRolloutAddsBeforeItTakesAway(t *testing.T) {
	deployment := named[*apps.Deployment](t, render(t, "embedded"), "inshore-webhook")
	rolling := deployment.Spec.Strategy.RollingUpdate
	if *deployment.Spec.Replicas < 2 || rolling.MaxUnavailable.IntValue() != 0 || rolling.MaxSurge.IntValue() < 1 {
		t.Errorf("replicas %d, maxUnavailable %s, maxSurge %s: a rollout would leave calls unanswered",
			*deployment.Spec.Replicas, rolling.MaxUnavailable, rolling.MaxSurge)
	}
}

func TestDrainsGoOn(t *testing.T) {
	objects := render(t, "embedded")
	budget := named[*disruption.PodDisruptionBudget](t, objects, "inshore-webhook").Spec
	if budget.MinAvailable != nil || budget.MaxUnavailable.IntValue() != 1 {
		t.Errorf("minAvailable %v, maxUnavailable %v: want one replica at a time, however many there are", budget.MinAvailable, budget.MaxUnavailable)
	}
	if *budget.UnhealthyPodEvictionPolicy != disruption.AlwaysAllow {
		t.Error("a replica that serves nobody holds up a drain")
	}
}

// Where the priority class is limited, a quota must name it and must not be in
// the way of a rollout.
func TestTheQuotaAdmitsARollout(t *testing.T) {
	objects := render(t, "embedded")
	deployment := named[*apps.Deployment](t, objects, "inshore-webhook").Spec
	quota := named[*core.ResourceQuota](t, objects, "inshore-webhook-critical").Spec
	scope := quota.ScopeSelector.MatchExpressions[0]
	if scope.ScopeName != core.ResourceQuotaScopePriorityClass || !slices.Contains(scope.Values, deployment.Template.Spec.PriorityClassName) {
		t.Errorf("the quota is for %v, pods are %s", scope, deployment.Template.Spec.PriorityClassName)
	}
	pods := quota.Hard[core.ResourcePods]
	if needed := int64(*deployment.Replicas) + int64(deployment.Strategy.RollingUpdate.MaxSurge.IntValue()); pods.Value() < needed {
		t.Errorf("the quota admits %d pods, a rollout takes %d", pods.Value(), needed)
	}
}

func TestProbesAskTheHealthPort(t *testing.T) {
	container := named[*apps.Deployment](t, render(t, "embedded"), "inshore-webhook").Spec.Template.Spec.Containers[0]
	for path, probes := range map[string][]*core.Probe{
		"/readyz":  {container.ReadinessProbe},
		"/healthz": {container.LivenessProbe, container.StartupProbe},
	} {
		for _, probe := range probes {
			if probe.HTTPGet.Path != path || probe.HTTPGet.Port.StrVal != "health" {
				t.Errorf("a probe asks %s of port %s, want %s of health", probe.HTTPGet.Path, probe.HTTPGet.Port.StrVal, path)
			}
		}
	}
}

func TestTheTokenIsForTheWebhookOnly(t *testing.T) {
	objects := render(t, "embedded")
	account := named[*core.ServiceAccount](t, objects, "inshore-webhook")
	pod := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec
	if *account.AutomountServiceAccountToken || !*pod.AutomountServiceAccountToken || pod.ServiceAccountName != account.Name {
		t.Errorf("account mounts %t, pod mounts %t of %s", *account.AutomountServiceAccountToken, *pod.AutomountServiceAccountToken, pod.ServiceAccountName)
	}
	if *pod.EnableServiceLinks {
		t.Error("the kubelet would set INSHORE_WEBHOOK_… variables among those of our flags")
	}
}
