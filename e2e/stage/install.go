package stage

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Overlay is a folder under manifests/overlays.
type Overlay string

// The overlays that install the webhook.
const (
	OverlayCertManager Overlay = "cert-manager"
	OverlayEmbedded    Overlay = "embedded"
	// OverlayAgent is the embedded one with the node agent.
	OverlayAgent Overlay = "agent"
)

// Namespace is where manifests/ puts Inshore.
const Namespace = "inshore-system"

// webhookImage is the image that manifests/base names.
const webhookImage = "ghcr.io/inshore-dev/inshore-webhook:v0.1.0"

// Install builds the webhook's image from the checkout, puts it on the nodes,
// applies the overlay exactly as it is in manifests/, and returns once an
// annotated Service comes back mutated.
func Install(ctx context.Context, c *cluster.Cluster, overlay Overlay) error {
	binary, err := cluster.BuildGo(ctx, "./cmd/inshore-webhook")
	if err != nil {
		return fmt.Errorf("building the webhook: %w", err)
	}
	image := cluster.Image{Name: webhookImage, User: "65532:65532", Files: map[string]string{"/inshore-webhook": binary}}
	if err := load(ctx, c, "webhook", image); err != nil {
		return err
	}
	return apply(ctx, c, overlay)
}

// load puts an image of one binary on the nodes, as the Dockerfile makes it: from
// scratch, and the binary is what runs.
func load(ctx context.Context, c *cluster.Cluster, part string, image cluster.Image) error {
	for path := range image.Files {
		image.Entrypoint = []string{path}
	}
	if err := c.LoadImage(ctx, image); err != nil {
		return fmt.Errorf("loading the image of the %s: %w", part, err)
	}
	return nil
}

// AddAgent adds the node agent to a cluster on which Install put the embedded overlay.
func AddAgent(ctx context.Context, c *cluster.Cluster) error { return apply(ctx, c, OverlayAgent) }

func apply(ctx context.Context, c *cluster.Cluster, overlay Overlay) error {
	if overlay == OverlayAgent {
		if err := LoadAgent(ctx, c, agentImage, ""); err != nil {
			return err
		}
	}
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "manifests", "overlays", string(overlay))
	if _, err := c.Kubectl(ctx, "", "apply", "-k", folder); err != nil {
		return fmt.Errorf("installing overlay %s: %w", overlay, err)
	}
	if err := WaitInstalled(ctx, c); err != nil || overlay != OverlayAgent {
		return err
	}
	return WaitAgents(ctx, c)
}

// WaitInstalled returns once every replica is ready, those of an installation
// before are gone, and the API server calls the new ones. Readiness alone says
// nothing about the API server's own copy of the webhook configurations, which
// follows by a watch, nor about its open connections: a replica on its way out answers
// on those until it ends, by its own flags.
func WaitInstalled(ctx context.Context, c *cluster.Cluster) error {
	if _, err := c.Kubectl(ctx, "", "-n", Namespace, "rollout", "status", "deployment/inshore-webhook", "--timeout=180s"); err != nil {
		return fmt.Errorf("waiting for the webhook's rollout: %w", err)
	}
	if err := waitReplaced(ctx, c); err != nil {
		return err
	}
	return cluster.Wait(ctx, "the API server to call the webhook", time.Minute, func(ctx context.Context) (bool, string, error) {
		policy, err := c.Kubectl(ctx, canary, "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
		if err != nil {
			return false, err.Error(), nil
		}
		return policy == "Local", fmt.Sprintf("internalTrafficPolicy %s", policy), nil
	})
}

func waitReplaced(ctx context.Context, c *cluster.Cluster) error {
	return cluster.Wait(ctx, "the webhook's former replicas to end", 2*time.Minute, func(ctx context.Context) (bool, string, error) {
		pods, err := c.Client().CoreV1().Pods(Namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=inshore-webhook"})
		if err != nil {
			return false, err.Error(), nil
		}
		leaving := 0
		for _, pod := range pods.Items {
			if pod.DeletionTimestamp != nil {
				leaving++
			}
		}
		return leaving == 0, fmt.Sprintf("%d on their way out", leaving), nil
	})
}

const canary = `
apiVersion: v1
kind: Service
metadata:
  name: inshore-canary
  namespace: default
  annotations:
    inshore.dev/node-local: required
spec:
  selector: {app: inshore-canary}
  ports: [{port: 80}]
`

// Uninstall deletes what Install applied.
func Uninstall(ctx context.Context, c *cluster.Cluster, overlay Overlay) error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	folder := filepath.Join(root, "manifests", "overlays", string(overlay))
	if _, err := c.Kubectl(ctx, "", "delete", "-k", folder, "--wait=true", "--timeout=120s"); err != nil {
		return fmt.Errorf("uninstalling overlay %s: %w", overlay, err)
	}
	return nil
}

// WebhookPods are the names of the webhook's running pods.
func WebhookPods(ctx context.Context, c *cluster.Cluster) ([]string, error) {
	out, err := c.Kubectl(ctx, "", "-n", Namespace, "get", "pods",
		"-l", "app.kubernetes.io/name=inshore-webhook", "--field-selector=status.phase=Running",
		"-o", "jsonpath={.items[*].metadata.name}")
	if err != nil {
		return nil, fmt.Errorf("listing the webhook's pods: %w", err)
	}
	return strings.Fields(out), nil
}
