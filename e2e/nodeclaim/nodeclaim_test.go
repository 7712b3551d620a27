package nodeclaim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authentication "k8s.io/api/authentication/v1"
	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

var shared *cluster.Cluster

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	c, err := cluster.Start(context.Background(), cluster.Config{Name: "nodeclaim", Controllers: true, Progress: os.Stderr})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	shared = c
	if err := install(context.Background(), c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// install applies the overlay as users do, and two nodes with a daemon's pod and
// an agent's pod each. Nothing runs: there is no kubelet.
func install(ctx context.Context, c *cluster.Cluster) error {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	if _, err := c.Kubectl(ctx, "", "apply", "-k", filepath.Join(root, "manifests", "overlays", "agent")); err != nil {
		return fmt.Errorf("installing the overlay agent: %w", err)
	}
	var objects strings.Builder
	account(&objects, "default", "default")
	for _, node := range []string{"one", "two"} {
		fmt.Fprintf(&objects, "---\napiVersion: v1\nkind: Node\nmetadata: {name: %s}\n", node)
		pod(&objects, "inshore-agent", "agent-"+node, "inshore-agent", node)
		pod(&objects, "default", "daemon-"+node, "default", node)
	}
	// As the webhook's controller runs it.
	pod(&objects, "inshore-system", "webhook", "inshore-webhook", "one")
	if err := c.Apply(ctx, objects.String()); err != nil {
		return fmt.Errorf("creating nodes and pods: %w", err)
	}
	return settled(ctx, c)
}

func account(to *strings.Builder, namespace, name string) {
	fmt.Fprintf(to, "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {namespace: %s, name: %s}\n", namespace, name)
}

func pod(to *strings.Builder, namespace, name, account, node string) {
	fmt.Fprintf(to, `---
apiVersion: v1
kind: Pod
metadata: {namespace: %s, name: %s}
spec:
  serviceAccountName: %s
  nodeName: %s
  automountServiceAccountToken: false
  readinessGates: [{conditionType: inshore.dev/routed}]
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: c
    image: c
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`, namespace, name, account, node)
}

// settled returns once the API server judges by the policies: it learns of them
// by a watch.
func settled(ctx context.Context, c *cluster.Cluster) error {
	agent, err := as(ctx, c, "inshore-agent", "inshore-agent", nil)
	if err != nil {
		return err
	}
	return cluster.Wait(ctx, "the policies to be in force", time.Minute, func(ctx context.Context) (bool, string, error) {
		lease, pod := createLease(ctx, agent, "probe"), patch(ctx, agent, "daemon-one", routed("True"))
		if lease == nil || pod == nil {
			return false, "a token without a node may write", nil
		}
		said := lease.Error() + "; " + pod.Error()
		return strings.Count(said, "this token names no node") == 2, said, nil
	})
}

// as is a client with a token for an account, bound to a pod as a kubelet would
// bind it, or to nothing.
func as(ctx context.Context, c *cluster.Cluster, namespace, account string, bound *core.Pod) (kubernetes.Interface, error) {
	request := &authentication.TokenRequest{}
	if bound != nil {
		request.Spec.BoundObjectRef = &authentication.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: bound.Name, UID: bound.UID}
	}
	issued, err := c.Client().CoreV1().ServiceAccounts(namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("asking for a token of %s: %w", account, err)
	}
	config := rest.AnonymousClientConfig(c.RESTConfig())
	config.BearerToken = issued.Status.Token
	return kubernetes.NewForConfig(config)
}

func routed(status string) string {
	return fmt.Sprintf(`{"status":{"conditions":[{"type":"inshore.dev/routed","status":%q}]}}`, status)
}

func patch(ctx context.Context, client kubernetes.Interface, pod, body string) error {
	_, err := client.CoreV1().Pods("default").Patch(ctx, pod, types.StrategicMergePatchType, []byte(body), metav1.PatchOptions{}, "status")
	return err
}
