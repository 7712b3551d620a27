package demo

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/stage"
)

// calls is how many calls each node's app makes whenever the demo looks where
// they go.
const calls = 300

// Demo is one telling.
type Demo struct {
	out     io.Writer
	cluster *cluster.Cluster
	cache   *stage.Cache
	daemon  *stage.Echo
	clients []stage.Client
	// withoutAgent is what came of the rollout by kube-proxy alone.
	withoutAgent stage.Counts
	// original are the fields of each object before it was opted in.
	original map[string]map[string]string
	step     int
}

// Run starts a cluster, tells the story on out and takes the cluster down
// again. The error names the step that did not hold.
func Run(ctx context.Context, out, progress io.Writer) (err error) {
	d := &Demo{out: out, original: map[string]map[string]string{}}
	d.title("Start a real Kubernetes cluster: three nodes with kubelet, containerd and kube-proxy (nftables)")
	d.cluster, err = cluster.Start(ctx, cluster.Config{Name: "demo", Nodes: 3, Proxy: cluster.ProxyNFTables, Progress: progress})
	if err != nil {
		return err
	}
	defer func() {
		d.title("Take the cluster down again")
		if stopErr := d.cluster.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := d.kubectl(ctx, "get", "nodes"); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		d.install, d.before, d.optIn, d.after, d.refuse, d.undo, d.alone, d.withAgent,
	} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("step %d: %w", d.step, err)
		}
	}
	return nil
}

func (d *Demo) install(ctx context.Context) error {
	d.title("Install Inshore (embedded certificates, two replicas)")
	d.say("$ kubectl apply -k manifests/overlays/embedded")
	if err := stage.Install(ctx, d.cluster, stage.OverlayEmbedded); err != nil {
		return err
	}
	return d.kubectl(ctx, "-n", stage.Namespace, "get", "pods")
}

func (d *Demo) before(ctx context.Context) error {
	d.title("A memcached on every node behind one Service, an app on every node that calls it")
	var err error
	if d.cache, err = stage.StartCache(ctx, d.cluster); err != nil {
		return err
	}
	if err := d.kubectl(ctx, "-n", "cache", "get", "pods", "-o", "wide"); err != nil {
		return err
	}
	if err := d.cache.SettleAbroad(ctx); err != nil {
		return err
	}
	local, total, err := d.call(ctx)
	if err != nil {
		return err
	}
	if local == total {
		return fmt.Errorf("all %d calls stayed home before anybody opted in", total)
	}
	return nil
}

func (d *Demo) optIn(ctx context.Context) error {
	d.title("Opt in with one annotation on the Service and one on the DaemonSet")
	for _, object := range []string{"service", "daemonset"} {
		before, err := d.fields(ctx, object)
		if err != nil {
			return err
		}
		d.original[object] = before
		if err := d.kubectl(ctx, "-n", "cache", "annotate", object, "memcached", "inshore.dev/node-local=required"); err != nil {
			return err
		}
		after, err := d.fields(ctx, object)
		if err != nil {
			return err
		}
		d.say("what was injected into the %s:", object)
		if injected := d.changes(before, after); injected == 0 {
			return fmt.Errorf("nothing was injected into the %s", object)
		}
	}
	return nil
}

func (d *Demo) after(ctx context.Context) error {
	d.title("Every call is answered by its own node's memcached")
	if err := d.cache.SettleAtHome(ctx); err != nil {
		return err
	}
	local, total, err := d.call(ctx)
	if err != nil {
		return err
	}
	if local != total {
		return fmt.Errorf("%d of %d calls stayed home", local, total)
	}
	return nil
}

func (d *Demo) refuse(ctx context.Context) error {
	d.title("What would break traffic is refused: a DaemonSet with a hostPort can never surge")
	d.say("$ kubectl apply -f hostport.yaml")
	out, err := d.cluster.Kubectl(ctx, stage.YAML("hostport"), "apply", "-f", "-")
	if err == nil {
		return fmt.Errorf("the hostPort DaemonSet was let through: %s", out)
	}
	d.say("%s", reason(err))
	if !strings.Contains(err.Error(), "ISH201") {
		return fmt.Errorf("the hostPort DaemonSet was refused for another reason than ISH201")
	}
	return nil
}

func (d *Demo) undo(ctx context.Context) error {
	d.title("Take the annotations away: every field gets its old value back")
	for _, object := range []string{"service", "daemonset"} {
		before, err := d.fields(ctx, object)
		if err != nil {
			return err
		}
		if err := d.kubectl(ctx, "-n", "cache", "annotate", object, "memcached", "inshore.dev/node-local-"); err != nil {
			return err
		}
		after, err := d.fields(ctx, object)
		if err != nil {
			return err
		}
		d.changes(before, after)
		if !maps.Equal(after, d.original[object]) {
			return fmt.Errorf("the %s is not what it was: %v, want %v", object, after, d.original[object])
		}
	}
	if err := d.cache.SettleAbroad(ctx); err != nil {
		return err
	}
	local, total, err := d.call(ctx)
	if err != nil {
		return err
	}
	if local == total {
		return fmt.Errorf("all %d calls still stay home", total)
	}
	return nil
}

// reason is what kubectl printed, without how it was called.
func reason(err error) string {
	text := err.Error()
	if _, printed, found := strings.Cut(text, "exit status 1: "); found {
		return printed
	}
	return text
}

// call has every app call and prints who answered.
func (d *Demo) call(ctx context.Context) (local, total int, err error) {
	all, err := d.cache.Call(ctx, calls)
	if err != nil {
		return 0, 0, err
	}
	for _, answers := range all {
		if answers.Failed > 0 {
			return 0, 0, fmt.Errorf("%d calls from %s failed: %v", answers.Failed, answers.Node, answers.Errors)
		}
		d.say("app on %-8s %4d calls, %5.1f %% answered on its own node   (%s)",
			answers.Node, answers.Total, 100*float64(answers.Local())/float64(answers.Total), byNode(answers.By))
		local += answers.Local()
		total += answers.Total
	}
	return local, total, nil
}

func byNode(counts map[string]int) string {
	var parts []string
	for _, node := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s: %d", node, counts[node]))
	}
	return strings.Join(parts, ", ")
}

func (d *Demo) kubectl(ctx context.Context, args ...string) error {
	d.say("$ kubectl %s", strings.Join(args, " "))
	out, err := d.cluster.Kubectl(ctx, "", args...)
	if err != nil {
		return err
	}
	d.say("%s", strings.TrimRight(out, "\n"))
	return nil
}

func (d *Demo) title(text string) {
	d.step++
	fmt.Fprintf(d.out, "\n── %d. %s\n\n", d.step, text)
}

func (d *Demo) say(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	fmt.Fprintf(d.out, "   %s\n", strings.ReplaceAll(text, "\n", "\n   "))
}
