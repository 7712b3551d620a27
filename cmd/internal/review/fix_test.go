package review

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/cmd/internal/manifest"
	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/cmd/internal/rewrite"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/webhook/mutate"
	"github.com/inshore-dev/inshore/webhook/validate"
)

const corpus = "testdata/fix/before"

// fixes are the files below a path that have something to fix.
func fixes(t *testing.T, path string) []FixedFile {
	t.Helper()
	outcome, err := Run(t.Context(), config(t), []string{path})
	if err != nil {
		t.Fatal(err)
	}
	var files []FixedFile
	if err := outcome.Fix(t.Context(), config(t), []string{path}, func(file FixedFile) error {
		files = append(files, file)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return files
}

// The files in testdata/fix are written in all the ways that people have; those
// in after are what becomes of the ones in before, byte for byte.
func TestFixKeepsTheStyleOfTheCorpus(t *testing.T) {
	var notes strings.Builder
	for _, file := range fixes(t, corpus) {
		for _, object := range file.Unfixed {
			notes.WriteString(object.String() + "\n")
		}
		if len(file.Edits) == 0 {
			continue
		}
		t.Run(filepath.Base(file.File), func(t *testing.T) {
			golden(t, filepath.Join("testdata/fix/after", filepath.Base(file.File)), file.After)
			onlyFieldsAreNew(t, &file)
			again := fixText(config(t), file.File, file.After, "", nil)
			if len(again.Edits) > 0 {
				t.Errorf("a second fix changes\n%s", again.Diff(Style{}))
			}
			if len(file.Unfixed) == 0 {
				holdsWithoutMutation(t, file.After)
			}
		})
	}
	golden(t, "testdata/fix/notes.txt", []byte(notes.String()))
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// onlyFieldsAreNew holds that no edit adds or takes a blank line, a comment or a
// document marker.
func onlyFieldsAreNew(t *testing.T, file *FixedFile) {
	t.Helper()
	for _, edit := range file.Edits {
		if replaced := string(file.Before[edit.Start:edit.End]); strings.ContainsAny(replaced+edit.Text, "#&*") || strings.Contains(replaced, "\n") {
			if !strings.HasPrefix(replaced, "*") {
				t.Errorf("%q becomes %q", replaced, edit.Text)
			}
		}
	}
}

// holdsWithoutMutation holds that the rules on the fields that admission fills
// in find them filled in.
func holdsWithoutMutation(t *testing.T, text []byte) {
	t.Helper()
	for _, result := range judgedAsWritten(t, text) {
		switch result.ID {
		case "ISH106", "ISH206", "ISH208", "ISH209":
			if strings.Contains(result.Message, "metadata.labels") {
				continue // the webhook's own
			}
			t.Errorf("as written, without admission: %s %s", result.ID, result.Message)
		}
	}
}

// judgedAsWritten is what the rules say about objects that nobody has mutated.
func judgedAsWritten(t *testing.T, text []byte) []Result {
	t.Helper()
	var results []Result
	objects, _ := manifest.Parse("f.yaml", text)
	for i := range objects {
		read, problem := readObject(config(t), &objects[i])
		if problem != nil || read == nil || !read.asked {
			continue
		}
		raw, problem := undecided(&objects[i])
		if problem != nil {
			t.Fatal(problem)
		}
		decision := validate.Judge(t.Context(), config(t).Rules, &input.Document{
			Object: raw, Operation: input.OperationCreate, Platform: config(t).Platform,
		})
		for _, result := range decision.Results {
			results = append(results, Result{ID: result.ID, Message: result.Message})
		}
	}
	return results
}

// undecided is the object as it is written.
func undecided(object *manifest.Object) (input.Object, *manifest.Problem) {
	if object.Kind == "Service" {
		service := new(input.Service)
		problem := object.Decode(service)
		return service, problem
	}
	daemonSet := new(input.DaemonSet)
	problem := object.Decode(daemonSet)
	return daemonSet, problem
}

func TestFixFollowsLinksOnlyInside(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a, annotations: {inshore.dev/node-local: preferred}}\nspec: {selector: {a: b}}\n"
	outside, inside := t.TempDir(), t.TempDir()
	write := func(file string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(service), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, from string) {
		t.Helper()
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "elsewhere.yaml"))
	write(filepath.Join(inside, "here.yaml"))
	link(filepath.Join(outside, "elsewhere.yaml"), filepath.Join(inside, "link.yaml"))
	link("here.yaml", filepath.Join(inside, "also-here.yaml"))

	var got []string
	for _, file := range fixes(t, inside) {
		switch {
		case len(file.Edits) > 0:
			got = append(got, "fixed "+filepath.Base(file.Target))
		default:
			got = append(got, "left "+filepath.Base(file.File))
			if reason := file.Unfixed[0].Reason; !strings.Contains(reason, "symbolic link") {
				t.Errorf("left alone because %s", reason)
			}
		}
	}
	if diff := cmp.Diff([]string{"fixed here.yaml", "left link.yaml"}, got); diff != "" {
		t.Errorf("a folder with links (-want +got):\n%s", diff)
	}
	// A link that is named itself is meant.
	named := fixes(t, filepath.Join(inside, "link.yaml"))
	if len(named) != 1 || len(named[0].Edits) == 0 || filepath.Base(named[0].Target) != "elsewhere.yaml" {
		t.Errorf("a link by name: %+v, want its target fixed", named)
	}
}

func TestReplaceKeepsModeAndLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "a.yaml")
	if err := os.WriteFile(file, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Replace(file, []byte("after")); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil || string(data) != "after" {
		t.Errorf("it holds %q (%v)", data, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("its mode is %v (%v), want 0640", info.Mode(), err)
	}
	if err := Replace(filepath.Join(folder, "none.yaml"), nil); err == nil || !strings.Contains(err.Error(), "none.yaml: no such file") {
		t.Errorf("replacing no file: %v", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
}

func TestDiffOfAFixIsColouredForATerminal(t *testing.T) {
	file := FixedFile{File: "a.yaml", Target: "./b.yaml", Before: []byte("a: 1\n--- x\n"), Edits: []rewrite.Edit{{Start: 3, End: 4, Text: "\x1b2"}, {Start: 5, End: 10, Text: "y"}}}
	want := output.Bold.Paint("--- a/b.yaml") + "\n" + output.Bold.Paint("+++ b/b.yaml") + "\n" + output.Cyan.Paint("@@ -1,2 +1,2 @@") + "\n" +
		output.Red.Paint("-a: 1") + "\n" + output.Red.Paint("---- x") + "\n" + output.Green.Paint("+a: \ufffd2") + "\n" + output.Green.Paint("+y") + "\n"
	if diff := cmp.Diff(want, file.Diff(Style{Color: true})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if plain := file.Diff(Style{}); strings.Contains(plain, output.Reset) || !bytes.Contains([]byte(plain), []byte("\x1b2")) {
		t.Errorf("in a pipe the bytes are not those of the file: %q", plain)
	}
}

func TestDiffNamesFilesAsTheWorkingFolderDoes(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for target, want := range map[string]string{
		"a/b.yaml":                           "a/b.yaml",
		"./b.yaml":                           "b.yaml",
		filepath.Join(folder, "a/b.yaml"):    "a/b.yaml",
		"../" + filepath.Base(folder) + "/b": "b",
		"/elsewhere/b.yaml":                  "/elsewhere/b.yaml",
	} {
		if got := diffPath(target); got != want {
			t.Errorf("%s is named %s, want %s", target, got, want)
		}
	}
}

// Admission finds a fixed DaemonSet as it wants it: nothing to write, nothing to
// record, and so nothing to take back when the annotations go.
func TestFixedFieldsAreTheirAuthors(t *testing.T) {
	var checked int
	for _, file := range fixes(t, corpus) {
		objects, _ := manifest.Parse(file.File, file.After)
		for i := range objects {
			read, problem := readObject(config(t), &objects[i])
			if problem != nil || read == nil || !read.asked || objects[i].Kind != "DaemonSet" || len(file.Unfixed) > 0 {
				continue
			}
			checked++
			if len(read.mutation.Patch) > 0 {
				t.Errorf("%s: admission still writes %s", read.Title(), read.mutation.Patch.AppendJSON(nil))
			}
			optedOut := *read.object.(*input.DaemonSet)
			optedOut.Metadata.Annotations = nil
			if patch := mutate.DaemonSet(&optedOut, nil, mutate.Words{}, config(t).Platform).Patch; len(patch) > 0 {
				t.Errorf("%s: opting out writes %s", read.Title(), patch.AppendJSON(nil))
			}
		}
	}
	if checked == 0 {
		t.Error("no DaemonSet was checked")
	}
}
