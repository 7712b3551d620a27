package audit

import (
	"bytes"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/policies"
)

func TestWhatStandsInTheClusterCannotDriveTheTerminal(t *testing.T) {
	const clear = "\x1b[2J"
	result := Result{
		Object: Object{Kind: "DaemonSet", Namespace: "core", Name: "mcrouter"},
		Result: policies.Result{ID: "ISH203", Field: clear, Message: clear, Remedy: clear},
	}
	report := Report{
		Results:  []Result{result},
		Excepted: []Excepted{{Result: result, Owner: clear, Reason: clear}},
	}
	var out bytes.Buffer
	if err := report.WriteText(&out, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("the text has an escape in it: %q", out.String())
	}
}
