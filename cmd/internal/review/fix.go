package review

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/rewrite"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/mutate"
)

// fixBatch is how many files are held in memory at once.
const fixBatch = 256

// Fix works out what the files of the outcome look like fixed, and calls use
// with each in which there is something to fix, in the order of their names.
// paths are those that were reviewed; a symbolic link that leads out of them is
// not followed. Nothing is written.
func (o *Outcome) Fix(ctx context.Context, config Config, paths []string, use func(FixedFile) error) error {
	files, refused := o.fixable()
	roots := realPaths(paths)
	for batch := range slices.Chunk(files, fixBatch) {
		fixed := make([]FixedFile, len(batch))
		workers, ctx := errgroup.WithContext(ctx)
		workers.SetLimit(runtime.GOMAXPROCS(0))
		for i, file := range batch {
			workers.Go(func() error {
				if err := context.Cause(ctx); err != nil {
					return err
				}
				var err error
				fixed[i], err = fixFile(config, file, o.stdin, roots, refused)
				return err
			})
		}
		if err := workers.Wait(); err != nil {
			return err
		}
		for _, file := range fixed {
			if file.twice(files) || len(file.Fixed)+len(file.Unfixed) == 0 {
				continue
			}
			if err := use(file); err != nil {
				return err
			}
		}
	}
	return nil
}

// refusals are the objects that admission would refuse, and by which rules.
type refusals map[Ref]string

// fixable are the files with an object whose spec mutation would change.
//
// Of an object that admission would refuse nothing is written: without the
// error it may get other fields, and with it some do harm, such as
// internalTrafficPolicy Local where few nodes have a pod.
func (o *Outcome) fixable() ([]string, refusals) {
	var files []string
	refused := refusals{}
	for _, verdict := range o.Verdicts {
		if len(ofSpec(verdict.Patch)) == 0 {
			continue
		}
		files = append(files, verdict.File)
		var ids []string
		for _, finding := range verdict.Findings {
			if finding.Severity == policies.SeverityError {
				ids = append(ids, finding.ID)
			}
		}
		if len(ids) > 0 {
			refused[verdict.Ref] = strings.Join(slices.Compact(ids), ", ")
		}
	}
	slices.Sort(files)
	return slices.Compact(files), refused
}

// ofSpec are the operations on the spec.
func ofSpec(patch mutate.Patch) mutate.Patch {
	var spec mutate.Patch
	for _, operation := range patch {
		if strings.HasPrefix(operation.Path, "/spec/") {
			spec = append(spec, operation)
		}
	}
	return spec
}

// changesOfSpec are the same as people read them.
func changesOfSpec(changes []mutate.Change) []mutate.Change {
	var spec []mutate.Change
	for _, change := range changes {
		if strings.HasPrefix(change.Field, "spec.") {
			spec = append(spec, change)
		}
	}
	return spec
}

func fixFile(config Config, file string, stdin []byte, roots []string, refused refusals) (FixedFile, error) {
	data, target, outside := stdin, file, ""
	if file != manifest.Stdin {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return FixedFile{}, fmt.Errorf("fixing: %w", err)
		}
		target, outside = resolve(file, roots)
	}
	fixed := fixText(config, file, data, outside, refused)
	fixed.Target = target
	return fixed, nil
}

// fixText fixes the text of a file. Given a reason why the file must stay as it
// is, it only says what is left to do.
func fixText(config Config, file string, data []byte, untouchable string, refused refusals) FixedFile {
	fixed := FixedFile{File: file, Before: data, After: data}
	objects, _ := manifest.Parse(file, data)
	var patches []rewrite.Patch
	subjects := map[int]FixedObject{}
	for i := range objects {
		read, problem := readObject(config, &objects[i])
		if problem != nil || read == nil {
			continue
		}
		patch := ofSpec(read.mutation.Patch)
		object := FixedObject{read.Ref, changesOfSpec(read.mutation.Changes)}
		switch rules := refused[read.Ref]; {
		case len(patch) == 0:
		case rules != "":
			reason := fmt.Sprintf("admission would refuse it (%s); correct that first", rules)
			fixed.Unfixed = append(fixed.Unfixed, UnfixedObject{FixedObject{Ref: read.Ref}, read.Line, reason})
		case untouchable != "":
			fixed.Unfixed = append(fixed.Unfixed, UnfixedObject{object, read.Line, untouchable})
		default:
			patches = append(patches, rewrite.Patch{Object: i, Operations: patch})
			subjects[i] = object
		}
	}
	fixed.rewrite(patches, subjects)
	return fixed
}

// rewrite makes the edits for the patches that can be made.
func (f *FixedFile) rewrite(patches []rewrite.Patch, subjects map[int]FixedObject) {
	result := rewrite.File(f.File, f.Before, patches)
	for _, left := range result.Left {
		f.Unfixed = append(f.Unfixed, UnfixedObject{subjects[left.Object], left.Line, left.Reason})
		delete(subjects, left.Object)
	}
	for _, patch := range patches {
		if object, done := subjects[patch.Object]; done {
			f.Fixed = append(f.Fixed, object)
		}
	}
	f.Edits, f.After = result.Edits, rewrite.Apply(f.Before, result.Edits)
}

// Stdin is what was read from standard input.
func (o *Outcome) Stdin() []byte { return o.stdin }
