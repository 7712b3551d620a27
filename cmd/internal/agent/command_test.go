package agent

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/inshore-dev/inshore/agent/check"
)

func proc(release string) fs.FS {
	return fstest.MapFS{
		"sys/kernel/osrelease": {Data: []byte(release)},
		"self/mountinfo": {Data: []byte("30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n" +
			"31 23 0:27 / /sys/fs/bpf rw - bpf bpf rw\n")},
		"self/status": {Data: []byte("CapEff:\t0000008000001000\n")},
	}
}

// noEnv is an environment without variables.
func noEnv(string) (string, bool) { return "", false }

func TestCommandLine(t *testing.T) {
	tests := map[string]struct {
		args     []string
		proc     fs.FS
		exit     int
		out, err string // Parts of what is written.
	}{
		"if the node is suitable, check exits 0":            {[]string{"check"}, proc("6.1.0"), 0, "ok  kernel", ""},
		"if the kernel is old, check says so and exits 1":   {[]string{"check"}, proc("4.19.0"), 1, "older than 5.10", ""},
		"if nothing can be read, check exits 2":             {[]string{"check"}, fstest.MapFS{}, 2, "", "kernel's release"},
		"if the output is unknown, it says what is allowed": {[]string{"check", "-o", "xml"}, proc("6.1.0"), 2, "", "use text or json"},
		"if the command is unknown, it says so":             {[]string{"chekc"}, proc("6.1.0"), 2, "", "unknown command"},
		"if the version is asked for, it says one":          {[]string{"version"}, nil, 0, "inshore-agent ", ""},
		"if help is asked for, it teaches":                  {[]string{"--help"}, nil, 0, "inshore-agent check", ""},
		"if the node has no name, it says how to give one":  {nil, nil, 2, "", "--node-name is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			// Never nil: cobra would read the test binary's own arguments.
			sys := system{proc: test.proc, lookupEnv: noEnv, out: &out, err: &errOut}
			if exit := execute(t.Context(), append([]string{}, test.args...), sys); exit != test.exit {
				t.Errorf("exit code %d, want %d; stderr: %s", exit, test.exit, &errOut)
			}
			if !strings.Contains(out.String(), test.out) || !strings.Contains(errOut.String(), test.err) {
				t.Errorf("wrote %q and %q, want %q and %q", &out, &errOut, test.out, test.err)
			}
		})
	}
}

func TestJSONIsTheReport(t *testing.T) {
	var out, errOut bytes.Buffer
	sys := system{proc: proc("4.19.0"), lookupEnv: noEnv, out: &out, err: &errOut}
	if exit := execute(t.Context(), []string{"check", "--output=json"}, sys); exit != exitNo {
		t.Fatalf("exit code %d: %s", exit, &errOut)
	}
	var report check.Report
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&report); err != nil {
		t.Fatal(err)
	}
	if report.Suitable || len(report.Facts) != 5 || report.Facts[0].Problem == "" {
		t.Errorf("report is %+v", report)
	}
}
