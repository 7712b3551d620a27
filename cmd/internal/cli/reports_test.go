package cli

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// put writes files below the working folder.
func put(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const (
	exception = `apiVersion: inshore.dev/v1alpha1
kind: NodeLocalPolicy
metadata: {name: platform}
spec:
  exceptions:
  - rule: ISH101
    object: {kind: Service, namespace: default, name: a}
    owner: team-a
    reason: until the new Service is there
    expires: "2999-01-31T00:00:00Z"
`
	ownRule = `# METADATA
# title: Every Service says who owns it
# description: Nobody knows whom to call.
# schemas:
#   - input: schema.service
# custom:
#   id: TEAM001
#   severity: error
#   kinds: [Service]
#   message: "{object} has no owner."
#   remedy: Add the label owner.
#   since: v1.0.0
package team.owner

violation contains {"field": "metadata.labels", "values": {}} if not input.object.metadata.labels.owner
`
)

func TestReportsInFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, map[string]string{"in/a.yaml": violating})
	got := inshore(t, "", "review", "-o", "json", "--output", "sarif=out.sarif", "-o", "junit=out.xml", "-o", "markdown=out.md", "-o", "github=out.log", "-o", "text=out.txt", "in")
	if got.code != 1 || !json.Valid([]byte(got.out)) {
		t.Errorf("exit code %d, standard output %s (%s)", got.code, got.out, got.errOut)
	}
	for file, want := range map[string]string{
		"out.sarif": `"uri": "in/a.yaml"`, "out.xml": `<failure type="ISH101"`, "out.md": "| ❌ **error** | ISH101 ",
		"out.log": "::error file=in/a.yaml,line=4,col=8,endColumn=23,title=ISH101", "out.txt": "in/a.yaml:4  error  ISH101",
	} {
		data, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(data), want) {
			t.Errorf("want %q in %s (%v):\n%s", want, file, err, data)
		}
	}
	if err := xml.Unmarshal(mustRead(t, "out.xml"), new(struct {
		XMLName xml.Name `xml:"testsuites"`
	})); err != nil {
		t.Error(err)
	}
	if leftovers, err := filepath.Glob("*.tmp"); err != nil || len(leftovers) > 0 {
		t.Errorf("left behind: %v (%v)", leftovers, err)
	}
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What cannot be read fails in each format, whatever is left out.
func TestNoFormatCallsCleanWhatCannotBeRead(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, map[string]string{"a.yaml": "a: b: c\n"})
	if got := inshore(t, "", "review", "--write-baseline", "known.json", "a.yaml"); got.code != 1 {
		t.Errorf("writing the baseline: exit code %d, want 1", got.code)
	}
	for _, format := range []string{"text", "json", "sarif", "junit", "github", "markdown"} {
		got := inshore(t, "", "review", "--format", format, "--baseline", "known.json", "a.yaml")
		if got.code != 1 || !strings.Contains(got.out, "ISH001") || strings.Contains(got.out, "no violations") {
			t.Errorf("%s: exit code %d, %s", format, got.code, got.out)
		}
	}
}

func TestReviewFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, map[string]string{
		"a.yaml":                violating,
		"policy/exception.yaml": exception,
		"rules/team/owner.rego": ownRule,
		"empty/README":          "nothing",
		"typo/policy.yaml":      strings.Replace(exception, "expires", "expire", 1),
		"badrule/team/x.rego":   "package x\n\nnot rego",
		"ours/team/x.rego":      strings.Replace(ownRule, "TEAM001", "ISH999", 1),
	})
	if got := inshore(t, "", "review", "--write-baseline", "known.json", "a.yaml"); got.code != 0 || !strings.Contains(got.out, "1 known from the baseline") {
		t.Fatalf("writing the baseline: exit code %d, %s%s", got.code, got.out, got.errOut)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		says string
	}{
		"an exception":                      {[]string{"--policy", "policy"}, 0, "excepted until 2999-01-31 by team-a: until the new Service is there (NodeLocalPolicy platform)"},
		"an exception in JSON":              {[]string{"--policy=policy", "-o", "json"}, 0, `"excepted": [`},
		"an exception in SARIF":             {[]string{"--policy=policy", "-o", "sarif"}, 0, `"justification": "excepted until 2999-01-31 by team-a`},
		"an exception in JUnit":             {[]string{"--policy=policy", "-o", "junit"}, 0, "<skipped>excepted until"},
		"an exception on GitHub":            {[]string{"--policy=policy", "-o", "github"}, 0, "::notice file=a.yaml,line=4"},
		"an exception in markdown":          {[]string{"--policy=policy", "-o", "markdown"}, 0, "excepted until 2999-01-31"},
		"a rule of one's own":               {[]string{"--policy", "rules"}, 1, "TEAM001  Service default/a"},
		"a rule of one's own, and others":   {[]string{"--policy", "rules", "--policy", "policy", "-o", "sarif"}, 1, `"id": "TEAM001"`},
		"no such policies":                  {[]string{"--policy", "nowhere"}, 2, "--policy nowhere: no such folder"},
		"a manifest as rules":               {[]string{"--policy", "a.yaml"}, 2, "--policy a.yaml: reading the bundle: this is no gzip"},
		"a folder without policies":         {[]string{"--policy", "empty"}, 2, "--policy empty: neither a rule"},
		"a policy with a misspelt field":    {[]string{"--policy", "typo"}, 2, `typo/policy.yaml:10: not a NodeLocalPolicy: unknown field "spec.exceptions[0].expire"`},
		"a rule that is not Rego":           {[]string{"--policy", "badrule"}, 2, "team/x.rego:3"},
		"a rule with an id of ours":         {[]string{"--policy", "ours"}, 2, "ISH999"},
		"a baseline":                        {[]string{"--baseline", "known.json"}, 0, "1 known from the baseline"},
		"no such baseline":                  {[]string{"--baseline", "none.json"}, 2, "none.json"},
		"a baseline that cannot be written": {[]string{"--write-baseline", "no/such/file"}, 2, "writing no/such/file: no such file"},
		"since, without git":                {[]string{"--since", "HEAD"}, 2, "--since HEAD: a.yaml is not in a git repository"},
		"since, with a baseline to write":   {[]string{"--since", "HEAD", "--write-baseline", "x"}, 2, "use one of the two"},
		"since, on standard input":          {[]string{"--since", "HEAD", "-"}, 2, "standard input is none"},
		"a format alone is for the screen":  {[]string{"-o", "json"}, 1, `"id": "ISH101"`},
		"a format for the screen, named":    {[]string{"-o", "json=-"}, 1, `"id": "ISH101"`},
		"the same format twice":             {[]string{"-o", "json", "--format", "json"}, 1, `"id": "ISH101"`},
		"two formats for the screen":        {[]string{"--format", "json", "-o", "sarif"}, 2, "--format json is for standard output already; name a file, sarif=FILE"},
		"a format that there is not":        {[]string{"-o", "xml=x"}, 2, "allowed are text, json, sarif, junit, github, markdown"},
		"a format for no file":              {[]string{"-o", "json="}, 2, "name a file"},
		"two formats for one file":          {[]string{"-o", "json=x", "-o", "sarif=./x"}, 2, "two reports are for the one file ./x"},
		"a file in no folder":               {[]string{"-o", "json=no/x"}, 2, "there is no folder no for it"},
		"a file that is a folder":           {[]string{"-o", "json=empty"}, 2, "writing empty: is a directory"},
		"completion of outputs":             {[]string{"__complete", "review", "--output", ""}, 0, "sarif="},
		"explain, with a rule of one's own": {[]string{"explain", "--policy", "rules", "-f"}, 0, "TEAM001"},
		"explain, with an exception":        {[]string{"explain", "--policy", "policy", "-f"}, 0, "until the new Service is there (NodeLocalPolicy platform)"},
	} {
		t.Run(name, func(t *testing.T) {
			args := test.args
			switch {
			case args[0] == "explain":
				args = append(args, "a.yaml")
			case strings.HasPrefix(args[0], "-"):
				args = append(append([]string{"review"}, args...), "a.yaml")
			}
			got := inshore(t, "", args...)
			said := got.out
			if test.code == 2 {
				said = got.errOut
			}
			if got.code != test.code || !strings.Contains(said, test.says) {
				t.Errorf("exit code %d, want %d; want %q in:\n%s", got.code, test.code, test.says, said)
			}
		})
	}
}

func TestReviewSince(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_SYSTEM", os.DevNull)
	put(t, map[string]string{"a.yaml": violating})
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "x"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if got := inshore(t, "", "review", "--since", "HEAD", "."); got.code != 0 || !strings.Contains(got.out, "1 in objects that did not change") {
		t.Errorf("nothing changed: exit code %d, %s%s", got.code, got.out, got.errOut)
	}
	put(t, map[string]string{"b.yaml": strings.Replace(violating, "name: a", "name: b", 1)})
	if got := inshore(t, "", "review", "--since", "HEAD", "."); got.code != 1 || !strings.Contains(got.out, "Service default/b") || strings.Contains(got.out, "Service default/a") {
		t.Errorf("b is new: exit code %d, %s%s", got.code, got.out, got.errOut)
	}
	if got := inshore(t, "", "review", "--since", "nope", "."); got.code != 2 || !strings.Contains(got.errOut, `git knows no revision "nope"`) {
		t.Errorf("no such revision: exit code %d, %s", got.code, got.errOut)
	}
}
