package review

import (
	"context"
	"slices"
)

// judgeBatch is how many objects are judged before what they relate to is let go
// of: enough to keep all processors at work.
const judgeBatch = 256

// judgeAll judges the Services and DaemonSets among the subjects, and leaves
// nothing of those. The verdicts are in their order; the work goes namespace by
// namespace, because what is related to the objects of one is large and of no
// use to the others.
func judgeAll(ctx context.Context, config Config, subjects []*kept) ([]Verdict, error) {
	j := &judging{config: config, relations: relate(subjects)}
	j.subjects = slices.DeleteFunc(subjects, func(s *kept) bool { return !s.judged })
	j.verdicts = make([]*Verdict, len(j.subjects))
	var names []string
	asked, count := map[string][]int{}, 0
	for i, s := range j.subjects {
		if s.question == nil {
			continue
		}
		if count++; asked[s.Namespace] == nil {
			names = append(names, s.Namespace)
		}
		asked[s.Namespace] = append(asked[s.Namespace], i)
	}
	j.progress = config.progress(Judging, count)
	var batch []string
	var numbers []int
	for i, name := range names {
		batch, numbers = append(batch, name), append(numbers, asked[name]...)
		if len(numbers) < judgeBatch && i < len(names)-1 {
			continue
		}
		if err := j.judge(ctx, numbers); err != nil {
			return nil, err
		}
		for _, name := range batch {
			j.relations.drop(name)
		}
		batch, numbers = batch[:0], numbers[:0]
	}
	return j.all(), context.Cause(ctx)
}

// judging is the work on all objects that were read. An object is in one of
// subjects and verdicts: both are large.
type judging struct {
	config    Config
	relations *relations
	subjects  []*kept
	verdicts  []*Verdict
	progress  func()
}

// judge judges the subjects of some numbers, which are all that are asked about
// in their namespaces.
func (j *judging) judge(ctx context.Context, numbers []int) error {
	for _, i := range numbers {
		j.relations.fill(j.subjects[i])
	}
	return eachOf(ctx, len(numbers), func() func(context.Context, int) {
		return func(ctx context.Context, n int) {
			i := numbers[n]
			verdict := judge(ctx, j.config, j.subjects[i], j.relations)
			j.verdicts[i] = &verdict
			j.subjects[i].question, j.subjects[i] = nil, nil
			j.progress()
		}
	})
}

// all are the verdicts on what was asked about and what was not.
func (j *judging) all() []Verdict {
	all := make([]Verdict, len(j.verdicts))
	for i, verdict := range j.verdicts {
		if verdict == nil {
			all[i].Ref = j.subjects[i].Ref
			continue
		}
		all[i], j.verdicts[i] = *verdict, nil
	}
	return all
}
