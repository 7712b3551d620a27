package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/format"
	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/cmd/internal/policy"
	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/ruletest"
)

// begin makes a folder with a rule in it, as `policy new` does.
func begin(t *testing.T, args ...string) (folder string) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "rules")
	got := inshore(t, "", append([]string{"policy", "new", "ACME001", filepath.Join(folder, "team_label")}, args...)...)
	if got.code != 0 {
		t.Fatalf("%+v", got)
	}
	return folder
}

// change replaces a text in the rule of a folder.
func change(t *testing.T, folder, from, to string) {
	t.Helper()
	file := filepath.Join(folder, "team_label", "team_label.rego")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%q is not in %s", from, text)
	}
	save(t, file, strings.ReplaceAll(string(text), from, to))
}

func save(t *testing.T, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// keyPair writes a key and its public half.
func keyPair(t *testing.T) (private, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	privateDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	publicDER, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	return save(t, filepath.Join(folder, "key.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: privateDER}))),
		save(t, filepath.Join(folder, "public.pem"), string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: publicDER})))
}

func TestANewRuleIsAsItShouldBe(t *testing.T) {
	for _, kind := range []string{"Service", "DaemonSet"} {
		t.Run(kind, func(t *testing.T) {
			folder := begin(t, "--kind", kind)
			if got := inshore(t, "", "policy", "test", "--coverage", "--threshold", "100", folder); got.code != 0 || !strings.Contains(got.out, "3 of 3 tests pass; they cover 100.0 %") {
				t.Errorf("its tests: %+v", got)
			}
			got := inshore(t, "", "policy", "build", folder, "-o", filepath.Join(t.TempDir(), "b.tar.gz"))
			if got.code != 0 || got.errOut != "" || !strings.Contains(got.out, "1 rule (ACME001), not signed") {
				t.Errorf("building it: %+v", got)
			}
			for _, name := range []string{"team_label.rego", "team_label_test.rego"} {
				text, err := os.ReadFile(filepath.Join(folder, "team_label", name))
				if err != nil {
					t.Fatal(err)
				}
				formatted, err := format.SourceWithOpts(name, text, format.Opts{RegoVersion: ast.RegoV1})
				if err != nil || string(formatted) != string(text) {
					t.Errorf("%s is not formatted (%v):\n%s", name, err, formatted)
				}
			}
		})
	}
	t.Run("and nothing is overwritten", func(t *testing.T) {
		folder := begin(t)
		if got := inshore(t, "", "policy", "new", "ACME002", filepath.Join(folder, "team_label")); got.code != 2 || !strings.Contains(got.errOut, "is there already") {
			t.Errorf("%+v", got)
		}
	})
}

func TestPolicyCommandsThatCannotRun(t *testing.T) {
	folder := begin(t)
	bare := t.TempDir()
	save(t, filepath.Join(bare, "x.rego"), "package x\n")
	private, public := keyPair(t)
	notBundle := save(t, filepath.Join(bare, "b.tar.gz"), "x")
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no folder to test":            {[]string{"test"}, "needs a folder"},
		"a folder that there is not":   {[]string{"test", "no/such"}, "no/such: no such folder or bundle"},
		"a folder without tests":       {[]string{"test", bare}, "no test found"},
		"a threshold of nothing":       {[]string{"test", "--threshold", "90", folder}, "needs --coverage"},
		"an expression that is none":   {[]string{"test", "--run", "(", folder}, "missing closing )"},
		"an id of ours":                {[]string{"new", "ISH999", filepath.Join(bare, "x")}, "is no id for a rule"},
		"a name that is none":          {[]string{"new", "ACME001", filepath.Join(bare, "No-Name")}, "is no name for a rule"},
		"two folders to build":         {[]string{"build", folder, bare}, "one folder"},
		"a public key to sign with":    {[]string{"build", folder, "--signing-key", public, "-o", filepath.Join(bare, "out")}, "no private key"},
		"a bundle that is none":        {[]string{"list", notBundle}, "no gzip"},
		"a private key to verify with": {[]string{"verify", notBundle, "--key", private}, "it is a private key"},
		"a folder to push":             {[]string{"push", folder, "oci:" + bare + ":v1"}, "pack it first"},
		"nowhere to push to":           {[]string{"push", notBundle, "nowhere"}, "is no reference"},
		"nothing to pull":              {[]string{"pull", "oci:" + bare + ":v1", "-o", filepath.Join(bare, "out")}, "opening oci:"},
	} {
		t.Run(name, func(t *testing.T) {
			got := inshore(t, "", append([]string{"policy"}, test.args...)...)
			if got.code != 2 || got.out != "" || !strings.Contains(got.errOut, test.says) {
				t.Errorf("want exit code 2 and %q, got %+v", test.says, got)
			}
		})
	}
}

func TestPolicyTestSaysWhatFails(t *testing.T) {
	folder := begin(t)
	change(t, folder, `_label := "team"`, `_label := "owner"`)
	got := inshore(t, "", "policy", "test", folder)
	if got.code != 1 || !strings.Contains(got.out, "FAIL  "+folder+"/team_label/team_label_test.rego:10") || !strings.Contains(got.out, "1 of 3 tests pass") {
		t.Errorf("%+v", got)
	}
	got = inshore(t, "", "policy", "test", "-o", "json", folder)
	var report ruletest.Report
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.code != 1 || report.Summary.Failed != 2 {
		t.Errorf("%v, %+v", err, got)
	}
	if got := inshore(t, "", "policy", "test", "-v", "--run", "left_alone", folder); got.code != 0 || !strings.Contains(got.out, "PASS") {
		t.Errorf("%+v", got)
	}
	if got := inshore(t, "", "policy", "test", "--run", "left_alone", "--coverage", "--threshold", "100", folder); got.code != 1 || !strings.Contains(got.out, "not covered") {
		t.Errorf("%+v", got)
	}
}

func TestPolicyBuildRefusesWhatTheWebhookWould(t *testing.T) {
	loop := "some a in numbers.range(1, 100000)\n\tsome b in numbers.range(1, 100000)\n\ta * b < 0\n\tlabels :="
	for name, test := range map[string]struct{ from, to, says string }{
		"what does not compile":        {"object.get(input.object.metadata", "object.get(input.object.metdata", "team_label.rego:"},
		"a rule that loops":            {"labels :=", loop, "deadline exceeded"},
		"a rule that answers nonsense": {`"field": "metadata.labels", `, "", `no text in "field"`},
		"a package of ours":            {"package acme.team_label", "package inshore.team_label", "is Inshore's own"},
		"an id of ours":                {"ACME001", "ISH999", "custom.id ISH999"},
		"a builtin with a network":     {`"labels", {})`, `http.send({"url": "http://localhost", "method": "GET"}).body, {})`, "undefined function http.send"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := begin(t)
			change(t, folder, test.from, test.to)
			out := filepath.Join(t.TempDir(), "b.tar.gz")
			got := inshore(t, "", "policy", "build", folder, "-o", out)
			if got.code != 2 || !strings.Contains(got.errOut, test.says) {
				t.Errorf("want %q, got %+v", test.says, got)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a bundle is written all the same")
			}
		})
	}
}

func TestPolicyBuildGivesAdvice(t *testing.T) {
	folder := begin(t)
	change(t, folder, "{object}", "It")
	change(t, folder, "# description: |\n#   What breaks, and why, for the people whom the rule stops.\n", "")
	if err := os.Remove(filepath.Join(folder, "team_label", "team_label_test.rego")); err != nil {
		t.Fatal(err)
	}
	got := inshore(t, "", "policy", "build", folder, "-o", filepath.Join(t.TempDir(), "b.tar.gz"))
	for _, want := range []string{"does not name the {object}", "no description", "no *_test.rego has the package acme.team_label_test"} {
		if got.code != 0 || !strings.Contains(got.errOut, "advice: ACME001: ") || !strings.Contains(got.errOut, want) {
			t.Errorf("want %q, got %+v", want, got)
		}
	}
}

func TestABundleGoesAllTheWay(t *testing.T) {
	folder, work := begin(t), t.TempDir()
	private, public := keyPair(t)
	_, other := keyPair(t)
	file, layout, back := filepath.Join(work, "b.tar.gz"), "oci:"+filepath.Join(work, "layout")+":v1", filepath.Join(work, "back.tar.gz")
	for _, step := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"build", folder, "-o", file, "--signing-key", private, "--revision", "v1", "--retire", "ACME009"}, 0, "1 rule (ACME001), signed"},
		{[]string{"verify", file, "--key", public}, 0, "the signature is right"},
		{[]string{"verify", file, "--key", other}, 1, "failed to verify"},
		{[]string{"verify", file}, 0, "the signature was not looked at"},
		{[]string{"push", file, layout}, 0, "pushed " + layout + "@sha256:"},
		{[]string{"verify", layout, "--key", public}, 0, "the signature is right"},
		{[]string{"pull", layout, "-o", back, "--key", public}, 0, "to " + back},
		{[]string{"pull", layout, "-o", back, "--key", other}, 2, ""},
		{[]string{"list", "--own", back}, 0, "ACME001  warning   Service  " + back},
		{[]string{"docs", back}, 0, "## ACME001: What is wrong, in one line"},
		{[]string{"build", folder, "-o", layout}, 0, "wrote " + layout},
		{[]string{"verify", layout, "--key", public}, 1, "missing .signatures.json"},
	} {
		got := inshore(t, "", append([]string{"policy"}, step.args...)...)
		if got.code != step.code || !strings.Contains(got.out, step.says) {
			t.Fatalf("%v: want exit code %d and %q, got %+v", step.args, step.code, step.says, got)
		}
	}
	sent, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(back)
	if err != nil || !slices.Equal(sent, data) {
		t.Errorf("what comes back is not what was sent (%v)", err)
	}
	read, err := bundle.Read(data, nil)
	if err != nil || read.Revision != "v1" || !slices.Equal(read.Retired, []string{"ACME009"}) {
		t.Errorf("got %+v, %v", read, err)
	}
}

func TestPolicyListForPrograms(t *testing.T) {
	folder := begin(t)
	var fromJSON, fromYAML policy.List
	got := inshore(t, "", "policy", "list", "-o", "json", folder)
	if err := json.Unmarshal([]byte(got.out), &fromJSON); err != nil || got.code != 0 {
		t.Fatalf("%v in %+v", err, got)
	}
	if err := yaml.Unmarshal([]byte(inshore(t, "", "policy", "list", "-o", "yaml", folder).out), &fromYAML); err != nil {
		t.Fatal(err)
	}
	if fromJSON.Revision == "" || fromJSON.Revision != fromYAML.Revision || len(fromJSON.Rules) < 10 || len(fromYAML.Rules) != len(fromJSON.Rules) {
		t.Errorf("got %d rules in JSON, %d in YAML", len(fromJSON.Rules), len(fromYAML.Rules))
	}
	if first := fromJSON.Rules[0]; first.ID != "ACME001" || first.Bundle != folder {
		t.Errorf("got %+v", first)
	}
	if got := inshore(t, "", "policy", "list"); got.code != 0 || !strings.Contains(got.out, "built-in") || strings.Contains(got.out, "ACME001") {
		t.Errorf("%+v", got)
	}
	if got := inshore(t, "", "policy", "docs"); got.code != 0 || !strings.Contains(got.out, "## ISH101") {
		t.Errorf("%+v", got)
	}
}
