package apiserver

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// TestPodSecurity asks a real API server's PodSecurity admission about our pods, in
// our namespaces and in each other's.
func TestPodSecurity(t *testing.T) {
	c := start(t, cluster.Config{Name: "e2e-podsecurity"})
	webhook, agent := installed(t, c)
	// A pod that hides behind nothing but the level.
	bare := webhook.DeepCopy()
	bare.SecurityContext, bare.Containers[0].SecurityContext = nil, nil
	for name, test := range map[string]struct {
		namespace string
		pod       *core.PodSpec
		// says is in the refusal; empty if it is let in.
		says string
	}{
		"if the webhook runs in its namespace, it is let in":                  {"inshore-system", webhook, ""},
		"if the agent runs in its namespace, it is let in":                    {"inshore-agent", agent, ""},
		"if the agent runs beside the key of the webhook's CA, it is refused": {"inshore-system", agent, `violates PodSecurity "restricted:v1.30": host namespaces (hostNetwork=true)`},
		"if a pod there asks for nothing at all, it is refused":               {"inshore-system", bare, "allowPrivilegeEscalation != false"},
	} {
		t.Run(name, func(t *testing.T) {
			err := admit(t.Context(), c, test.namespace, test.pod)
			switch {
			case test.says == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.says != "" && !apierrors.IsForbidden(err):
				t.Errorf("the answer is %v, want a refusal", err)
			case test.says != "":
				says(t, err.Error(), test.says)
			}
		})
	}
}

// admit asks whether a pod would be let in.
func admit(ctx context.Context, c *cluster.Cluster, namespace string, spec *core.PodSpec) error {
	pod := &core.Pod{ObjectMeta: meta.ObjectMeta{Name: "probe"}, Spec: *spec}
	_, err := c.Client().CoreV1().Pods(namespace).Create(ctx, pod, meta.CreateOptions{DryRun: []string{meta.DryRunAll}})
	return err
}

// installed creates our namespaces as manifests/ has them, and returns our pods.
func installed(t *testing.T, c *cluster.Cluster) (webhook, agent *core.PodSpec) {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	manifests := kubectl(t, c, "", "kustomize", filepath.Join(root, "manifests/overlays/agent"))
	for _, text := range strings.Split(manifests, "\n---\n") {
		var object meta.TypeMeta
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatal(err)
		}
		switch object.Kind {
		case "Namespace":
			kubectl(t, c, text, "create", "-f", "-")
		case "Deployment":
			var deployment apps.Deployment
			if err := yaml.UnmarshalStrict([]byte(text), &deployment); err != nil {
				t.Fatal(err)
			}
			webhook = &deployment.Spec.Template.Spec
		case "DaemonSet":
			var daemonSet apps.DaemonSet
			if err := yaml.UnmarshalStrict([]byte(text), &daemonSet); err != nil {
				t.Fatal(err)
			}
			agent = &daemonSet.Spec.Template.Spec
		}
	}
	if webhook == nil || agent == nil {
		t.Fatal("manifests/overlays/agent lacks the webhook's Deployment or the agent's DaemonSet")
	}
	return webhook, agent
}
