package review

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies"
)

// History knows what files held in a former revision of the tree.
type History interface {
	// Former is what the file held; known is false if there was no such file,
	// same is true if it holds the same now.
	Former(ctx context.Context, file string) (data []byte, known, same bool, err error)
	// Current is what the file holds now.
	Current(file string) ([]byte, error)
}

// KeepChanged takes the results out of the report that are about objects which
// are what they were in the history, and counts them. An object is the same if
// its content is, wherever in the file it stands now and however it is
// commented. What cannot be read always stays: nobody knows what it was.
func (r *Report) KeepChanged(ctx context.Context, history History) error {
	changes := changes{history: history, files: map[string]map[int]bool{}}
	kept := []Result{}
	for _, result := range r.Results {
		changed, err := changes.has(ctx, result)
		if err != nil {
			return err
		}
		if changed {
			kept = append(kept, result)
		} else {
			r.Summary.Unchanged++
		}
	}
	excepted := []ExceptedResult{}
	for _, entry := range r.Excepted {
		changed, err := changes.has(ctx, entry.Result)
		if err != nil {
			return err
		}
		if changed {
			excepted = append(excepted, entry)
		}
	}
	r.Results, r.Excepted = kept, excepted
	r.count()
	return nil
}

// changes remembers, by file, the lines of the objects that are unchanged.
type changes struct {
	history History
	files   map[string]map[int]bool
}

func (c *changes) has(ctx context.Context, result Result) (bool, error) {
	if result.ID == policies.IDMalformed || result.File == manifest.Stdin {
		return true, nil
	}
	unchanged, done := c.files[result.File]
	if !done {
		var err error
		if unchanged, err = c.unchanged(ctx, result.File); err != nil {
			return false, err
		}
		c.files[result.File] = unchanged
	}
	return !unchanged[everyLine] && !unchanged[result.ObjectLine], nil
}

// everyLine stands for all objects of a file.
const everyLine = 0

func (c *changes) unchanged(ctx context.Context, file string) (map[int]bool, error) {
	former, known, same, err := c.history.Former(ctx, file)
	switch {
	case err != nil:
		return nil, err
	case same:
		return map[int]bool{everyLine: true}, nil
	case !known:
		return nil, nil
	}
	current, err := c.history.Current(file)
	if err != nil {
		return nil, err
	}
	return sameObjects(file, former, current), nil
}

// sameObjects are the lines of the objects in current that former had too. Of
// several equal ones there must have been as many.
func sameObjects(file string, former, current []byte) map[int]bool {
	had := map[string]int{}
	objects, _ := manifest.Parse(file, former)
	for i := range objects {
		had[content(&objects[i])]++
	}
	same := map[int]bool{}
	objects, _ = manifest.Parse(file, current)
	for i := range objects {
		if key := content(&objects[i]); key != "" && had[key] > 0 {
			had[key]--
			same[objects[i].Line] = true
		}
	}
	return same
}

// content is an object's content in one form, "" if it cannot be read.
func content(object *manifest.Object) string {
	var value any
	if object.Decode(&value) != nil {
		return ""
	}
	text, err := json.Marshal([]any{object.APIVersion, object.Kind, value})
	if err != nil {
		return ""
	}
	return string(slices.Clip(text))
}
