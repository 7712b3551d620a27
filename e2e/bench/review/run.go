package review

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// ConftestVersion is what is compared with.
const ConftestVersion = "v0.71.1"

// Options say what to compare.
type Options struct {
	Corpora []Corpus
	// Turns is how often each of the two runs on each corpus.
	Turns int
	// Inshore is a build of the CLI to measure; empty for one of this checkout.
	Inshore string
	// Progress is told what is being done.
	Progress io.Writer
}

// Complete fills in defaults, or those of a run that only shows that everything works.
func (o Options) Complete(quick bool) Options {
	if len(o.Corpora) == 0 {
		o.Corpora = []Corpus{{1000, 1}, {1000, 20}, {10_000, 1}, {10_000, 20}}
		if quick {
			o.Corpora = []Corpus{{200, 1}, {200, 20}}
		}
	}
	if o.Turns == 0 {
		if o.Turns = 7; quick {
			o.Turns = 2
		}
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

type run struct {
	Options
	inshore, conftest string
	// policy is conftest's folder of rules, temp holds everything that is written.
	policy, temp string
	report       *Report
}

// Run compares what the options, which are complete, say. The program that calls
// it must know [MeasureCommand].
func Run(ctx context.Context, o Options) (_ *Report, err error) {
	r := &run{Options: o, report: &Report{Date: time.Now(), Go: runtime.Version(), Processors: runtime.NumCPU(), Conftest: ConftestVersion}}
	if r.temp, err = os.MkdirTemp("", "inshore-benchreview-"); err != nil {
		return nil, fmt.Errorf("create a temporary folder: %w", err)
	}
	defer os.RemoveAll(r.temp)
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	for _, corpus := range r.Corpora {
		if err := r.compare(ctx, corpus); err != nil {
			return nil, fmt.Errorf("%s: %w", corpus, err)
		}
	}
	r.report.judge()
	return r.report, nil
}

func (r *run) prepare(ctx context.Context) (err error) {
	root, err := cluster.Root()
	if err != nil {
		return err
	}
	if r.conftest, err = cluster.InstallGo(ctx, "github.com/open-policy-agent/conftest", ConftestVersion); err != nil {
		return err
	}
	if r.inshore = r.Inshore; r.inshore == "" {
		if r.inshore, err = cluster.BuildGo(ctx, "./cmd/inshore"); err != nil {
			return err
		}
	}
	r.policy = filepath.Join(r.temp, "policy")
	if err := os.Mkdir(r.policy, 0o755); err != nil {
		return fmt.Errorf("create a folder for the rules: %w", err)
	}
	r.report.Rules, err = writePolicy(filepath.Join(root, "policies"), r.policy)
	return err
}

// compare lets both take their turns on one corpus, in random order.
func (r *run) compare(ctx context.Context, corpus Corpus) error {
	manifests := filepath.Join(r.temp, "manifests")
	size, err := corpus.write(manifests)
	if err != nil {
		return err
	}
	defer os.RemoveAll(manifests)
	comparison := Comparison{Corpus: corpus, Bytes: size}
	arms := []*arm{
		{name: "inshore", command: []string{r.inshore, "review", "--format", "json", manifests}, read: readReview, into: &comparison.Inshore},
		{name: "conftest", command: []string{r.conftest, "test", "--output", "json", "--no-color", "--policy", r.policy, manifests}, read: readConftest, into: &comparison.Reference},
	}
	for turn := range r.Turns {
		rand.Shuffle(len(arms), func(i, j int) { arms[i], arms[j] = arms[j], arms[i] })
		for _, arm := range arms {
			if err := arm.turn(ctx, filepath.Join(r.temp, arm.name+".json")); err != nil {
				return err
			}
		}
		fmt.Fprintf(r.Progress, "%s, turn %d of %d: review %.2f s, conftest %.2f s\n", corpus, turn+1, r.Turns,
			last(comparison.Inshore.walls), last(comparison.Reference.walls))
	}
	if arms[0].name != "inshore" {
		arms[0], arms[1] = arms[1], arms[0]
	}
	if err := arms[0].found.same(arms[1].found); err != nil {
		return err
	}
	if comparison.Findings = len(arms[0].found); comparison.Findings == 0 {
		return fmt.Errorf("nothing was found, where every second object that is opted in breaks a rule")
	}
	comparison.finish()
	r.report.Comparisons = append(r.report.Comparisons, comparison)
	return nil
}

func last(nanos []int64) float64 { return float64(nanos[len(nanos)-1]) / 1e9 }

// arm is one of the two programs.
type arm struct {
	name    string
	command []string
	read    func(file string) (findings, error)
	found   findings
	into    *Spent
}

func (a *arm) turn(ctx context.Context, output string) error {
	used, err := measure(ctx, output, a.command...)
	if err != nil {
		return err
	}
	if used.Exit != 1 {
		return fmt.Errorf("%s exits with %d, want 1: there are violations", a.name, used.Exit)
	}
	a.into.add(used)
	found, err := a.read(output)
	if err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	if a.found != nil {
		if err := a.found.same(found); err != nil {
			return fmt.Errorf("%s differs from turn to turn: %w", a.name, err)
		}
	}
	a.found = found
	return nil
}
