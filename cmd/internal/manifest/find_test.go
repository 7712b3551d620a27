package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree writes files into a new folder and makes it the working directory, so
// that paths in answers are short.
func tree(t *testing.T, files ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindTakesManifests(t *testing.T) {
	for name, test := range map[string]struct {
		files, paths, want []string
	}{
		"yaml, yml and json below a folder":       {[]string{"d/b.yml", "d/a.yaml", "d/e/c.json", "d/X.YAML"}, []string{"d"}, []string{"d/X.YAML", "d/a.yaml", "d/b.yml", "d/e/c.json"}},
		"nothing else":                            {[]string{"d/a.txt", "d/README.md", "d/yaml"}, []string{"d"}, nil},
		"not what is hidden":                      {[]string{"d/.a.yaml", "d/.git/b.yaml", "d/c.yaml"}, []string{"d"}, []string{"d/c.yaml"}},
		"a hidden file if it is named":            {[]string{".a.yaml"}, []string{".a.yaml"}, []string{".a.yaml"}},
		"a hidden folder if it is named":          {[]string{".d/a.yaml"}, []string{".d"}, []string{".d/a.yaml"}},
		"a file by any name if it is named":       {[]string{"a.txt"}, []string{"a.txt"}, []string{"a.txt"}},
		"the folder one is in":                    {[]string{"a.yaml"}, []string{"."}, []string{"a.yaml"}},
		"each file once":                          {[]string{"d/a.yaml"}, []string{"d/a.yaml", "d", "./d/", "d//a.yaml"}, []string{"d/a.yaml"}},
		"files in the order of names":             {[]string{"b.yaml", "a.yaml"}, []string{"b.yaml", "a.yaml"}, []string{"a.yaml", "b.yaml"}},
		"standard input":                          {nil, []string{"-"}, []string{"-"}},
		"a chart's plain manifests":               {[]string{"c/Chart.yaml", "c/crds/a.yaml", "c/templates/b.yaml"}, []string{"."}, []string{"c/Chart.yaml", "c/crds/a.yaml"}},
		"templates of something that is no chart": {[]string{"c/templates/b.yaml"}, []string{"."}, []string{"c/templates/b.yaml"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree(t, test.files...)
			got, err := Find(test.paths)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.Files); diff != "" {
				t.Errorf("Find (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindFollowsALinkToAFolder(t *testing.T) {
	tree(t, "d/a.yaml")
	if err := os.Symlink("d", "link"); err != nil {
		t.Fatal(err)
	}
	got, err := Find([]string{"link"})
	if err != nil || !cmp.Equal(got.Files, []string{"link/a.yaml"}) {
		t.Errorf("Find = %v, %v; want link/a.yaml", got.Files, err)
	}
}

func TestFindSaysThatAChartWasLeftOut(t *testing.T) {
	tree(t, "c/Chart.yaml", "c/templates/a.yaml")
	got, err := Find([]string{"."})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Problems) != 1 || got.Problems[0].File != "c/Chart.yaml" || !got.Problems[0].Foreign {
		t.Errorf("Problems = %v, want one about the chart", got.Problems)
	}
}

func TestFindRefusesPaths(t *testing.T) {
	for name, test := range map[string]struct {
		files, paths []string
		want         []string
	}{
		"that do not exist, all of them": {[]string{"a.yaml"}, []string{"x", "a.yaml", "y"}, []string{"x: no such", "y: no such"}},
		"that are Helm charts":           {[]string{"c/Chart.yaml"}, []string{"c"}, []string{"helm template c"}},
		"below a file":                   {[]string{"a"}, []string{"a/b"}, []string{"a/b"}},
	} {
		t.Run(name, func(t *testing.T) {
			tree(t, test.files...)
			_, err := Find(test.paths)
			if err == nil {
				t.Fatal("Find gave no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}
