package review

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/cmd/internal/output"
)

// fingerprints are those of a review of one text, sorted.
func fingerprints(t *testing.T, text string) []string {
	t.Helper()
	var all []string
	for _, result := range inText(t, text).Report().Results {
		all = append(all, result.Fingerprint)
	}
	slices.Sort(all)
	if len(slices.Compact(slices.Clone(all))) != len(all) {
		t.Errorf("two results share a fingerprint: %v", all)
	}
	return all
}

const hostPorts = `apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: proxy
  annotations: {inshore.dev/node-local: required}
spec:
  template:
    spec:
      containers:
      - name: proxy
        ports:
        - {name: main, containerPort: 11211, hostPort: 11211}
        - {name: admin, containerPort: 5000, hostPort: 5000}
`

func TestFingerprints(t *testing.T) {
	want := fingerprints(t, hostPorts)
	if len(want) < 3 {
		t.Fatalf("only %d results", len(want))
	}
	for name, test := range map[string]struct {
		text string
		same bool
	}{
		"lines above moved it":       {"# a comment\n\n---\napiVersion: v1\nkind: ConfigMap\n---\n" + hostPorts, true},
		"a container in front of it": {strings.Replace(hostPorts, "      - name: proxy\n", "      - name: first\n      - name: proxy\n", 1), true},
		"another object":             {strings.Replace(hostPorts, "name: proxy", "name: proxy2", 1), false},
		"another namespace":          {strings.Replace(hostPorts, "  name: proxy", "  namespace: core\n  name: proxy", 1), false},
		"one finding less":           {strings.Replace(hostPorts, ", hostPort: 5000", "", 1), false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fingerprints(t, test.text); slices.Equal(got, want) != test.same {
				t.Errorf("fingerprints %v, before %v; want the same: %v", got, want, test.same)
			}
		})
	}
}

func TestBaselineLeavesOutWhatIsKnown(t *testing.T) {
	t.Chdir(t.TempDir())
	before := inText(t, hostPorts+"---\n"+headless("cache")).Report()
	if err := output.WriteFile("known.json", before.Baseline().Write); err != nil {
		t.Fatal(err)
	}
	baseline, err := ReadBaseline("known.json")
	if err != nil {
		t.Fatal(err)
	}
	after := inText(t, headless("new")+"---\n# moved\n"+hostPorts).Report()
	after.LeaveOut(baseline)
	var left, stale []string
	for _, result := range after.Results {
		left = append(left, result.ID+" "+result.Name)
	}
	for _, entry := range after.Stale {
		stale = append(stale, entry.ID+" "+entry.Name)
	}
	if !slices.Contains(left, "ISH101 new") || slices.ContainsFunc(left, func(s string) bool { return strings.HasSuffix(s, " proxy") }) {
		t.Errorf("left are %v, want those of new and none of proxy", left)
	}
	if !slices.Contains(stale, "ISH101 cache") {
		t.Errorf("stale are %v, want those of cache", stale)
	}
	if want := len(before.Results) - len(stale); after.Summary.Known != want {
		t.Errorf("%d known, want %d", after.Summary.Known, want)
	}
	var text, out bytes.Buffer
	if err := after.WriteText(&text, new(Source), Style{}); err != nil {
		t.Fatal(err)
	}
	if err := after.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stale ISH101 Service default/cache in standard input", "known from the baseline"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("want %q in\n%s", want, text.String())
		}
	}
	if !strings.Contains(out.String(), `"stale": [`) {
		t.Errorf("no stale entries in\n%s", out.String())
	}
}

// A second equal finding is a new one, and one of two that is fixed leaves one.
func TestBaselineCountsEqualFindings(t *testing.T) {
	one := strings.Replace(hostPorts, ", hostPort: 5000", "", 1)
	both, single := inText(t, hostPorts).Report(), inText(t, one).Report()
	both.LeaveOut(single.Baseline())
	if len(both.Results) != 1 || len(both.Stale) != 0 {
		t.Errorf("of two, one known: left %+v, stale %+v", both.Results, both.Stale)
	}
	known := inText(t, hostPorts).Report().Baseline()
	single.LeaveOut(known)
	if len(single.Results) != 0 || len(single.Stale) != 1 {
		t.Errorf("of two known, one left: left %+v, stale %+v", single.Results, single.Stale)
	}
}

func TestReadBaselineSaysWhatIsWrong(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"broken.json": "{", "other.json": `{"version": "v9"}`, "array.json": "[]"})
	for file, want := range map[string]string{
		"none.json": "none.json: no such file", "broken.json": "broken.json: unexpected end", "other.json": `other.json: its version is "v9"`, "array.json": "array.json",
	} {
		if _, err := ReadBaseline(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ReadBaseline(%s): %v, want %q", file, err, want)
		}
	}
}
