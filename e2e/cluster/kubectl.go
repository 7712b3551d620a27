package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Kubectl runs the kubectl that was built with the cluster, as its administrator. The error carries what it
// complained about.
func (c *Cluster) Kubectl(ctx context.Context, stdin string, args ...string) (stdout string, err error) {
	cmd := exec.CommandContext(ctx, c.kubernetes("kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig())
	var out, complaints bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &complaints
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, tail(complaints.Bytes()))
	}
	return out.String(), nil
}

// Apply applies manifests: YAML or JSON, any number of documents.
func (c *Cluster) Apply(ctx context.Context, manifests string) error {
	_, err := c.Kubectl(ctx, manifests, "apply", "--server-side", "-f", "-")
	return err
}

// KubectlPath returns the kubectl that was built with the cluster.
func (c *Cluster) KubectlPath() string { return c.kubernetes("kubectl") }
