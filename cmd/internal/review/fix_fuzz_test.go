package review

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/policies/input"
)

// FuzzFix holds that a fix of any bytes does not panic, that what it writes can
// be read and holds as many objects, that a second fix changes nothing, and that
// objects nobody opted in stay as they are.
func FuzzFix(f *testing.F) {
	for _, folder := range []string{corpus, "../../../examples/good"} {
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds in %s (%v)", folder, err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Add([]byte(`{kind: Service, apiVersion: v1, metadata: {annotations: {inshore.dev/node-local: required, inshore.dev/previous: '{"/spec/internalTrafficPolicy":{"to":"Local"}}'}}, spec: {selector: {a: b}, internalTrafficPolicy: Local}}`))
	c := config(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		file := fixText(c, "f.yaml", data, "", nil)
		if len(file.Edits) == 0 {
			if !bytes.Equal(file.After, data) {
				t.Errorf("without an edit the bytes change to %q", file.After)
			}
			return
		}
		before, _ := manifest.Parse("f.yaml", data)
		after, problems := manifest.Parse("f.yaml", file.After)
		if len(problems) > 0 || len(after) != len(before) {
			t.Fatalf("%d objects become %d, %v in\n%s", len(before), len(after), problems, file.After)
		}
		for i := range before {
			if !ours(&before[i]) && asJSON(t, &before[i]) != asJSON(t, &after[i]) {
				t.Errorf("%s:%d changes in\n%s", before[i].Kind, before[i].Line, file.After)
			}
		}
		if again := fixText(c, "f.yaml", file.After, "", nil); len(again.Edits) > 0 {
			t.Errorf("a second fix changes\n%s\nof\n%s", again.Diff(Style{}), file.After)
		}
		if file.Diff(Style{}) == "" {
			t.Error("there are edits and no diff")
		}
	})
}

// ours reports whether an object carries an annotation of ours.
func ours(object *manifest.Object) bool {
	var meta struct {
		Metadata input.Metadata `json:"metadata"`
	}
	return object.Decode(&meta) == nil && v1alpha1.HasOurs(meta.Metadata.Annotations)
}

func asJSON(t *testing.T, object *manifest.Object) string {
	t.Helper()
	text, problem := object.JSON()
	if problem != nil {
		return problem.Message
	}
	return string(text)
}
