package cluster

import (
	"os"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/e2e/machine"
)

func TestAbandonedIsOnlyWhatNobodyAnswersFor(t *testing.T) {
	dead, alive := machine.Process{PID: 1}, machine.Process{PID: 2}
	isAlive := func(p machine.Process) bool { return p == alive }
	tests := map[string]struct {
		record record
		want   bool
	}{
		"its owner runs":                   {record{Owner: alive}, false},
		"its owner is gone":                {record{Owner: dead}, true},
		"its owner is gone but it is kept": {record{Owner: dead, Kept: true}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.record.abandoned(isAlive); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestRecordComesBackAsItWasSaved(t *testing.T) {
	t.Setenv("INSHORE_LAB_DIR", t.TempDir())
	if err := os.Mkdir(stateDir("x"), 0o755); err != nil {
		t.Fatal(err)
	}
	saved := record{Name: "x", API: 1234, Mode: ProxyNone, Machines: []machineRecord{{Name: "node-0", First: machine.Process{PID: 7, Started: 8, Boot: "b"}}}}
	if err := saved.save(); err != nil {
		t.Fatal(err)
	}
	loaded, err := loadRecord("x")
	if err != nil {
		t.Fatal(err)
	}
	if loaded.API != saved.API || loaded.Mode != saved.Mode || loaded.Machines[0] != saved.Machines[0] {
		t.Errorf("got %+v, want %+v", loaded, saved)
	}
}

func TestReapRemovesAFolderWithoutARecord(t *testing.T) {
	t.Setenv("INSHORE_LAB_DIR", t.TempDir())
	if err := os.Mkdir(stateDir("half"), 0o755); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	if err := reap(&progress{out: &said}); err != nil {
		t.Fatal(err)
	}
	if exists(stateDir("half")) {
		t.Error("the folder is still there")
	}
	if !strings.Contains(said.String(), "half") {
		t.Errorf("said %q, want the cluster's name in it", said.String())
	}
}

func TestReapLeavesTheClustersOfLivingOwnersAlone(t *testing.T) {
	t.Setenv("INSHORE_LAB_DIR", t.TempDir())
	if err := os.Mkdir(stateDir("mine"), 0o755); err != nil {
		t.Fatal(err)
	}
	me, err := machine.Identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := (record{Name: "mine", Owner: me}).save(); err != nil {
		t.Fatal(err)
	}
	if err := reap(&progress{out: &strings.Builder{}}); err != nil {
		t.Fatal(err)
	}
	if !exists(stateDir("mine")) {
		t.Error("the folder is gone")
	}
}
