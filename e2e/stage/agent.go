package stage

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

// agentImage is the image that manifests/base/agent names.
const agentImage = "ghcr.io/inshore-dev/inshore-agent:v0.1.0"

// What makes a build another version: the name of it, which a release build sets, and the name of the layout of
// what is pinned on a node, which a change of the eBPF maps would bring.
const (
	linkedVersion = "github.com/inshore-dev/inshore/cmd/internal/version.linked"
	linkedLayout  = "github.com/inshore-dev/inshore/agent/datapath/ebpf.version"
)

// LoadAgent builds the agent from the checkout, as the version or, with none, as a plain build, and puts it on
// the nodes as an image of the name: from scratch, as the Dockerfile does. Another version lays its maps out anew.
func LoadAgent(ctx context.Context, c *cluster.Cluster, image, version string) error {
	variables := map[string]string{}
	if version != "" {
		variables[linkedVersion] = version
		// A BPF file system has no names with dots.
		variables[linkedLayout] = strings.ReplaceAll(version, ".", "_")
	}
	binary, err := cluster.BuildGoWith(ctx, "./cmd/inshore-agent", variables)
	if err != nil {
		return fmt.Errorf("building the agent: %w", err)
	}
	return load(ctx, c, "agent", cluster.Image{Name: image, User: "0:0", Files: map[string]string{"/inshore-agent": binary}})
}

// WaitAgents returns once every node's agent is ready, in its newest version.
func WaitAgents(ctx context.Context, c *cluster.Cluster) error {
	_, err := c.Kubectl(ctx, "", "-n", v1alpha1.AgentNamespace, "rollout", "status", "daemonset/inshore-agent", "--timeout=180s")
	if err != nil {
		return fmt.Errorf("waiting for the agents: %w", err)
	}
	return nil
}

// AgentOn is the agent's running pod on a node.
func AgentOn(ctx context.Context, c *cluster.Cluster, node string) (corev1.Pod, error) {
	pods, err := c.Client().CoreV1().Pods(v1alpha1.AgentNamespace).List(ctx, metav1.ListOptions{
		LabelSelector: "app.kubernetes.io/name=inshore-agent",
		FieldSelector: "spec.nodeName=" + node + ",status.phase=Running",
	})
	if err != nil {
		return corev1.Pod{}, fmt.Errorf("listing the agents on %s: %w", node, err)
	}
	for _, pod := range pods.Items {
		if pod.DeletionTimestamp == nil {
			return pod, nil
		}
	}
	return corev1.Pod{}, fmt.Errorf("no agent runs on %s", node)
}
