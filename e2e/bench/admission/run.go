package admission

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// write sends a dry run of a write to an arm's namespace.
func (c *client) write(ctx context.Context, w Write, arm Arm, body []byte) (time.Duration, []byte, error) {
	path, method := w.resource(namespaces[arm]), http.MethodPost
	if w.update() {
		path, method = path+"/"+stored, http.MethodPut
	}
	return c.send(ctx, method, path+"?dryRun=All", body)
}

// The names of objects that are there, for updates, and that are not.
const stored, fresh = "stored", "fresh"

type run struct {
	Options
	*stage
	clients []*client
	bodies  map[Write]map[Arm][]byte
	samples map[Write]sample
	report  *Report
}

// Run measures what the options, which are complete, say. The program that calls it
// must know [ServeCommand].
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	c, err := cluster.Start(ctx, cluster.Config{Name: "bench-admission", APIServerEnv: []string{"DISABLE_HTTP2=1"}, Progress: o.Progress})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	s := &stage{c: c}
	if s.root, err = cluster.Root(); err != nil {
		return nil, err
	}
	if s.temp, err = os.MkdirTemp("", "inshore-benchadmission-"); err != nil {
		return nil, fmt.Errorf("create a temporary folder: %w", err)
	}
	defer os.RemoveAll(s.temp)
	defer s.strike()
	r := &run{Options: o, stage: s, report: &Report{Date: time.Now(), Go: runtime.Version(), Processors: runtime.NumCPU(), Kubernetes: kubernetesVersion(c)}}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	for _, clients := range o.Clients {
		for _, w := range Writes() {
			if err := r.measure(ctx, w, clients); err != nil {
				return nil, fmt.Errorf("%s, %d clients: %w", w, clients, err)
			}
		}
	}
	if err := r.wire(ctx); err != nil {
		return nil, err
	}
	r.report.judge()
	return r.report, nil
}

func kubernetesVersion(c *cluster.Cluster) string {
	version, err := c.Client().Discovery().ServerVersion()
	if err != nil {
		return "unknown"
	}
	return version.GitVersion
}

func (r *run) prepare(ctx context.Context) error {
	if err := r.writeKubeconfig(); err != nil {
		return err
	}
	if err := r.set(ctx, r.Options); err != nil {
		return err
	}
	most := 1
	for _, n := range r.Clients {
		most = max(most, n)
	}
	for range most {
		c, err := newClient(r.c)
		if err != nil {
			return err
		}
		r.clients = append(r.clients, c)
	}
	r.bodies, r.samples = map[Write]map[Arm][]byte{}, map[Write]sample{}
	for _, w := range Writes() {
		sample, err := readSample(r.root, w)
		if err != nil {
			return err
		}
		r.samples[w], r.bodies[w] = sample, map[Arm][]byte{}
		for _, arm := range Arms() {
			name := fresh
			if w.update() {
				name = stored
			}
			if r.bodies[w][arm], err = sample.in(namespaces[arm], name); err != nil {
				return err
			}
			if !w.update() {
				continue
			}
			// What is updated must be there.
			body := r.bodies[w][arm]
			if _, _, err := r.clients[0].send(ctx, http.MethodPost, w.resource(namespaces[arm]), body); err != nil {
				return err
			}
		}
	}
	return r.awaitMutation(ctx, r.clients[0], r.bodies)
}

// measure lets the arms take turns.
func (r *run) measure(ctx context.Context, w Write, clients int) error {
	took := map[Arm]turns{}
	order := Arms()
	for turn := range r.Turns {
		rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, arm := range order {
			batch, err := r.batch(ctx, w, arm, clients)
			if err != nil {
				return fmt.Errorf("turn %d, %s: %w", turn+1, arm, err)
			}
			took[arm] = append(took[arm], batch)
		}
	}
	fmt.Fprintf(r.Progress, "%s, %d clients: measured\n", w, clients)
	r.report.add(w, clients, took)
	return nil
}

// batch is one turn of one arm: all clients at once, each a few requests in a row.
func (r *run) batch(ctx context.Context, w Write, arm Arm, clients int) ([]int64, error) {
	each := make([][]int64, clients)
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		group.Go(func() error {
			for range r.Calls {
				took, answer, err := r.clients[i].write(ctx, w, arm, r.bodies[w][arm])
				if err != nil {
					return err
				}
				if mutated(w, answer) != arm.mutates() {
					return fmt.Errorf("the answer is mutated: %t, want %t", !arm.mutates(), arm.mutates())
				}
				each[i] = append(each[i], took.Nanoseconds())
			}
			return nil
		})
	}
	err := group.Wait()
	var all []int64
	for _, samples := range each {
		all = append(all, samples...)
	}
	return all, err
}
