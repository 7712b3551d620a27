package scenarios

import (
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// stolenToken takes the token that an agent has, as somebody would who broke into its node, and tries what it is
// good for.
func stolenToken(s story) {
	e := s.echo(stage.Echo{Name: "guarded", ServiceAnnotations: required, DaemonSetAnnotations: required})
	home, away := s.c.Nodes()[0].Name, s.c.Nodes()[1].Name
	thief := s.as(s.agentToken(home))
	ours, theirs := s.podOf(e, home), s.podOf(e, away)

	if err := mark(s, thief, ours, "status", `{"status":{"conditions":[{"type":"inshore.dev/routed","status":"True"}]}}`); err != nil {
		s.Errorf("an agent cannot do its work: %v", err)
	}
	for what, try := range map[string]struct {
		pod        corev1.Pod
		sub, patch string
		complaint  string
	}{
		"a pod of another node":      {theirs, "status", `{"status":{"conditions":[{"type":"inshore.dev/routed","status":"True","message":"mine"}]}}`, "its own node only"},
		"another condition":          {ours, "status", `{"status":{"conditions":[{"type":"Ready","status":"False"}]}}`, "no other condition"},
		"the condition taken back":   {ours, "status", `{"status":{"conditions":[{"type":"inshore.dev/routed","status":"False"}]}}`, "set to True"},
		"another part of the status": {ours, "status", `{"status":{"phase":"Failed"}}`, "no other part"},
		"a label":                    {ours, "status", `{"metadata":{"labels":{"app":"other"}}}`, "not the pod's metadata"},
		"the pod itself":             {ours, "", `{"metadata":{"labels":{"app":"other"}}}`, "cannot patch resource"},
	} {
		err := mark(s, thief, try.pod, try.sub, try.patch)
		if err == nil || !strings.Contains(err.Error(), try.complaint) {
			s.Errorf("patching %s: got %v, want a refusal with %q", what, err, try.complaint)
		}
	}
	if _, err := thief.CoreV1().Secrets(stage.Namespace).List(s.ctx, metav1.ListOptions{}); err == nil {
		s.Error("an agent's token lists Secrets")
	}
	leases := thief.CoordinationV1().Leases(v1alpha1.AgentNamespace)
	lease, err := leases.Get(s.ctx, away, metav1.GetOptions{})
	if err != nil {
		s.Fatal(err)
	}
	lease.Spec.HolderIdentity = new("thief")
	if _, err := leases.Update(s.ctx, lease, metav1.UpdateOptions{}); err == nil || !strings.Contains(err.Error(), "may write the Lease of that name only") {
		s.Errorf("writing another agent's Lease: got %v, want a refusal by the policy", err)
	}
	// One that no kubelet asked for names no node.
	loose := strings.TrimSpace(s.kubectl("", "-n", v1alpha1.AgentNamespace, "create", "token", "inshore-agent"))
	err = mark(s, s.as(loose), ours, "status", `{"status":{"conditions":[{"type":"inshore.dev/routed","status":"True","message":"loose"}]}}`)
	if err == nil || !strings.Contains(err.Error(), "names no node") {
		s.Errorf("with a token that is bound to no pod: got %v, want a refusal", err)
	}
}

func mark(s story, client kubernetes.Interface, pod corev1.Pod, sub, patch string) error {
	var subresources []string
	if sub != "" {
		subresources = []string{sub}
	}
	_, err := client.CoreV1().Pods(pod.Namespace).Patch(s.ctx, pod.Name, types.StrategicMergePatchType, []byte(patch),
		metav1.PatchOptions{DryRun: []string{metav1.DryRunAll}}, subresources...)
	return err
}

// agentToken reads the token of the agent on a node from where the kubelet put it.
func (s story) agentToken(node string) string {
	s.Helper()
	agent, err := stage.AgentOn(s.ctx, s.c, node)
	if err != nil {
		s.Fatal(err)
	}
	for _, volume := range agent.Spec.Volumes {
		if volume.Projected == nil {
			continue
		}
		for _, n := range s.c.Nodes() {
			if n.Name != node {
				continue
			}
			token, err := n.ReadFile(path.Join("/var/lib/kubelet/pods", string(agent.UID), "volumes/kubernetes.io~projected", volume.Name, "token"))
			if err != nil {
				s.Fatal(err)
			}
			return string(token)
		}
	}
	s.Fatalf("the agent on %s has no token", node)
	return ""
}

// as is a client with a token and nothing else.
func (s story) as(token string) kubernetes.Interface {
	s.Helper()
	config := s.c.RESTConfig()
	config.CertData, config.KeyData, config.CertFile, config.KeyFile = nil, nil, "", ""
	config.BearerToken = token
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		s.Fatal(fmt.Errorf("a client with the agent's token: %w", err))
	}
	return client
}

func (s story) podOf(e *stage.Echo, node string) corev1.Pod {
	s.Helper()
	pod, err := e.PodOn(s.ctx, node)
	if err != nil {
		s.Fatal(err)
	}
	return pod
}
