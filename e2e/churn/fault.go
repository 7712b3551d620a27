package churn

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// Fault is something that happens to the webhook, installed with embedded
// certificates, or to what it stands on.
type Fault struct {
	Name string
	// Lossless says that no request may be missed or fail for it: what we do to ourselves on purpose.
	Lossless bool
	// Happen returns when it is over.
	Happen func(context.Context) error
}

// Problems are what must not be, whatever happens, and for a fault that is
// lossless that a request was lost.
func (f Fault) Problems(a *Account) []string {
	problems := append([]string(nil), a.Wrong...)
	if a.OK == 0 || a.Refused == 0 {
		problems = append(problems, fmt.Sprintf("%d requests were stored, %d refused by a rule: it shows nothing", a.OK, a.Refused))
	}
	if a.Unrepaired > 0 {
		problems = append(problems, fmt.Sprintf("%d objects are without the mutation", a.Unrepaired))
	}
	if f.Lossless && a.Lost() > 0 {
		problems = append(problems, fmt.Sprintf("%d requests were lost (%v), %d of them admitted without the mutation; want none",
			a.Lost(), a.Causes(), a.Missed))
	}
	return problems
}

// Stall is how long etcd, or a replica, answers nobody.
const Stall = 6 * time.Second

// recovery is how long whatever happened may take to be over.
const recovery = 3 * time.Minute

// Faults are those of an ordinary week, after a phase without any.
func Faults(c *cluster.Cluster) []Fault {
	f := faults{c}
	return []Fault{
		{"nothing", true, func(context.Context) error { return nil }},
		{"Deployment rolls", true, f.roll},
		{"replicas killed in turn", false, f.killInTurn},
		{"certificate rotates", true, f.rotate},
		{"API server restarts", false, f.restartAPIServer},
		{"etcd stalls", false, func(ctx context.Context) error { return f.stall(ctx, "etcd") }},
	}
}

// RareFaults are further ones.
func RareFaults(c *cluster.Cluster) []Fault {
	f := faults{c}
	return []Fault{
		{"API server killed", false, f.killAPIServer},
		{"all replicas killed at once", false, f.killAll},
		{"a replica hangs", false, f.hang},
	}
}

// faults make them happen.
type faults struct{ c *cluster.Cluster }

func (f faults) kubectl(ctx context.Context, args ...string) error {
	_, err := f.c.Kubectl(ctx, "", append([]string{"-n", stage.Namespace}, args...)...)
	return err
}

// roll restarts the Deployment. The first time it also shortens what a rotation of the certificate waits for.
func (f faults) roll(ctx context.Context) error {
	for _, args := range [][]string{
		{"set", "env", "deployment/inshore-webhook", "INSHORE_CA_PROPAGATION=3s", "INSHORE_CERT_INTERVAL=500ms"},
		{"rollout", "restart", "deployment/inshore-webhook"},
	} {
		if err := f.kubectl(ctx, args...); err != nil {
			return fmt.Errorf("roll the Deployment: %w", err)
		}
	}
	return stage.WaitInstalled(ctx, f.c)
}

// rotate deletes the Secret with the CA, and waits until every replica serves by another.
func (f faults) rotate(ctx context.Context) error {
	pods, err := stage.WebhookPods(ctx, f.c)
	if err != nil {
		return err
	}
	before := map[string]string{}
	for _, pod := range pods {
		if before[pod], err = f.expiry(ctx, pod); err != nil {
			return err
		}
	}
	if err := f.kubectl(ctx, "delete", "secret/inshore-webhook-ca"); err != nil {
		return fmt.Errorf("delete the CA: %w", err)
	}
	for pod, expiry := range before {
		err := cluster.Wait(ctx, pod+" to serve by the next CA", recovery, func(ctx context.Context) (bool, string, error) {
			now, err := f.expiry(ctx, pod)
			return err == nil && now != expiry, fmt.Sprintf("until %s, %v", now, err), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// expiry is when the CA that a replica serves by expires.
func (f faults) expiry(ctx context.Context, pod string) (string, error) {
	const series = `inshore_certificate_expiry_timestamp_seconds{certificate="ca"} `
	body, err := f.c.PodGet(ctx, stage.Namespace, pod, 8080, "/metrics")
	if err != nil {
		return "", fmt.Errorf("read the metrics of %s: %w", pod, err)
	}
	for line := range strings.Lines(string(body)) {
		if value, found := strings.CutPrefix(line, series); found {
			return strings.TrimSpace(value), nil
		}
	}
	return "", fmt.Errorf("%s exports no %s", pod, series)
}

func (f faults) restartAPIServer(ctx context.Context) error {
	restart, err := f.c.StopComponent(ctx, f.c.ControlPlane(), "kube-apiserver")
	if err != nil {
		return err
	}
	return f.back(ctx, restart)
}

func (f faults) killAPIServer(ctx context.Context) error {
	restart, err := f.c.KillComponent(ctx, f.c.ControlPlane(), "kube-apiserver")
	if err != nil {
		return err
	}
	return f.back(ctx, restart)
}

func (f faults) back(ctx context.Context, restart func() error) error {
	if err := restart(); err != nil {
		return err
	}
	return cluster.Wait(ctx, "the API server to be ready again", recovery, func(ctx context.Context) (bool, string, error) {
		out, err := f.c.Kubectl(ctx, "", "get", "--raw", "/readyz")
		return err == nil, fmt.Sprint(out, err), nil
	})
}

// stall has a component of the control plane answer nobody for a while.
func (f faults) stall(ctx context.Context, component string) error {
	resume, err := f.c.PauseComponent(f.c.ControlPlane(), component)
	if err != nil {
		return err
	}
	waited := wait(ctx, Stall)
	if err := resume(); err != nil {
		return err
	}
	return waited
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
