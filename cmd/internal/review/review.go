package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// Config is what a review depends on besides the files.
type Config struct {
	Rules validate.Rules
	// Platform stands for the cluster the manifests are meant for.
	Platform v1alpha1.Platform
	// Namespace is the namespace of objects that name none.
	Namespace string
	// Stdin is read where a path is manifest.Stdin.
	Stdin io.Reader
	// Progress, if set, is told after every file how many of how many have been
	// read, then after every object how many have been judged. It is called from
	// several goroutines.
	Progress func(doing Stage, done, total int)
}

// governs reports whether there are policies that may hold for an object.
func (c Config) governs() bool { return len(c.Rules.Enforcement.Policies()) > 0 }

// Stage is what a review is at.
type Stage string

// The stages, in their order.
const (
	Reading Stage = "reading files"
	Judging Stage = "judging objects"
)

// ErrNothing means that the paths hold no file to review.
var ErrNothing = errors.New("no *.yaml, *.yml or *.json file found")

// ErrEmpty means that nothing came on standard input: what should have written
// there has failed, and that is not clean.
var ErrEmpty = errors.New("standard input is empty: look at the command that should have written to it")

// Outcome is what a review found, sorted by file and line.
type Outcome struct {
	// Files is how many files were read, Objects how many Kubernetes objects
	// they hold, whether or not Inshore acts on their kind.
	Files, Objects int
	// Problems are what could not be read.
	Problems []manifest.Problem
	// Verdicts has one entry for every Service and DaemonSet.
	Verdicts []Verdict

	stdin []byte
}

// Run reviews the paths: files, folders, or manifest.Stdin. An error means that
// the review could not take place; what is wrong with the manifests is in the
// Outcome. The order of the paths makes no difference to it.
func Run(ctx context.Context, config Config, paths []string) (*Outcome, error) {
	tree, err := manifest.Find(paths)
	if err != nil {
		return nil, err
	}
	if len(tree.Files) == 0 && len(tree.Problems) == 0 {
		return nil, ErrNothing
	}
	outcome := &Outcome{Files: len(tree.Files), Problems: tree.Problems}
	if slices.Contains(tree.Files, manifest.Stdin) {
		if outcome.stdin, err = io.ReadAll(config.Stdin); err != nil {
			return nil, fmt.Errorf("reading standard input: %w", err)
		}
		if len(bytes.TrimSpace(outcome.stdin)) == 0 {
			return nil, ErrEmpty
		}
	}
	read, err := readAll(ctx, config, tree.Files, outcome.stdin)
	if err != nil {
		return nil, err
	}
	var subjects []*kept
	for i, file := range read {
		outcome.Objects += file.objects
		outcome.Problems = append(outcome.Problems, file.problems...)
		subjects = append(subjects, file.kept...)
		read[i] = fileContent{}
	}
	outcome.Verdicts, err = judgeAll(ctx, config, subjects)
	sortProblems(outcome.Problems)
	return outcome, err
}

// readAll reads the files on all processors. Each worker drops its file before it
// takes the next, so what is held is the projections and not the text.
func readAll(ctx context.Context, config Config, files []string, stdin []byte) ([]fileContent, error) {
	read := make([]fileContent, len(files))
	progress := config.progress(Reading, len(files))
	err := eachOf(ctx, len(files), func() func(context.Context, int) {
		var reader manifest.Reader
		return func(_ context.Context, i int) {
			read[i] = readFile(config, &reader, files[i], stdin)
			progress()
		}
	})
	return read, err
}

// eachOf calls what worker returns with each number below count. There are as
// many workers as processors; each calls its own function.
func eachOf(ctx context.Context, count int, worker func() func(context.Context, int)) error {
	var next atomic.Int64
	workers, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), count) {
		workers.Go(func() error {
			work := worker()
			for i := int(next.Add(1)) - 1; i < count; i = int(next.Add(1)) - 1 {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				work(ctx, i)
			}
			return nil
		})
	}
	return workers.Wait()
}

// progress is called when one more of total is done.
func (c Config) progress(doing Stage, total int) func() {
	if c.Progress == nil {
		return func() {}
	}
	var done atomic.Int64
	return func() { c.Progress(doing, int(done.Add(1)), total) }
}
