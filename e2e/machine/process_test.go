package machine

import (
	"os"
	"os/exec"
	"testing"
)

func TestParseStatIsNotFooledByTheProgramsName(t *testing.T) {
	stat := "42 (a) R 1 (b) S 1 2 3 4 5 12 7 8 9 10 11 12 13 14 15 16 17 18 4711 20 21"
	started, flags, err := parseStat([]byte(stat))
	if err != nil || started != 4711 || flags&exiting == 0 {
		t.Errorf("got %d, %#x, %v, want 4711, exiting", started, flags, err)
	}
}

func TestKillEndsTheProcess(t *testing.T) {
	sleep, process := startSleep(t)
	if !process.Alive() {
		t.Fatal("a process that was just started is not alive")
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sleep.Wait()
	if process.Alive() {
		t.Error("the process is alive after it was killed")
	}
}

func TestKillSparesAnotherProcessOfTheSameID(t *testing.T) {
	_, process := startSleep(t)
	stranger := process
	stranger.Started--
	if err := stranger.Kill(); err != nil {
		t.Fatal(err)
	}
	if !process.Alive() {
		t.Error("a process that started at another time was killed")
	}
	stranger = process
	stranger.Boot = "another"
	if err := stranger.Kill(); err != nil {
		t.Fatal(err)
	}
	if !process.Alive() {
		t.Error("a process of another boot was killed")
	}
}

func TestKillOfNothingIsNoError(t *testing.T) {
	if err := (Process{}).Kill(); err != nil {
		t.Error(err)
	}
}

func TestIdentifyFindsThisProcessAlive(t *testing.T) {
	me, err := Identify(os.Getpid())
	if err != nil || !me.Alive() {
		t.Errorf("got %+v, %v, want to be alive", me, err)
	}
}

func startSleep(t *testing.T) (*exec.Cmd, Process) {
	t.Helper()
	sleep := exec.CommandContext(t.Context(), "sleep", "60")
	if err := sleep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = sleep.Process.Kill()
		_ = sleep.Wait()
	})
	process, err := Identify(sleep.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	return sleep, process
}
