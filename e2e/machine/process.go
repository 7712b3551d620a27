package machine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Process names one process for good. A process id alone does not: the kernel hands it out again.
type Process struct {
	PID int `json:"pid"`
	// Started is when the process started, in clock ticks since boot.
	Started uint64 `json:"started"`
	// Boot is the id of the boot it started in.
	Boot string `json:"boot"`
}

// Identify returns the process that has the id now.
func Identify(pid int) (Process, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	started, flags, err := parseStat(stat)
	if err != nil {
		return Process{}, fmt.Errorf("identify process %d: %w", pid, err)
	}
	if flags&exiting != 0 {
		return Process{}, fmt.Errorf("identify process %d: %w", pid, os.ErrProcessDone)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Process{}, fmt.Errorf("read the boot's id: %w", err)
	}
	return Process{PID: pid, Started: started, Boot: string(bytes.TrimSpace(boot))}, nil
}

// exiting is the kernel's PF_EXITING. A process with it does nothing any more, but may be there for long: until
// its parent waits for it, and the first process of a machine until that has happened to all the others.
const exiting = 0x4

// parseStat reads start time and flags from the text of /proc/<pid>/stat. The second field is the program's
// name in parentheses and may itself hold spaces and parentheses.
func parseStat(stat []byte) (started, flags uint64, err error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const flagsField, startField = 6, 19
	if len(fields) <= startField {
		return 0, 0, fmt.Errorf("unexpected stat %q", stat)
	}
	if flags, err = strconv.ParseUint(string(fields[flagsField]), 10, 64); err != nil {
		return 0, 0, err
	}
	started, err = strconv.ParseUint(string(fields[startField]), 10, 64)
	return started, flags, err
}

// Alive says whether the very same process still runs.
func (p Process) Alive() bool {
	now, err := Identify(p.PID)
	return err == nil && now == p
}

// Kill kills the process and waits until it does nothing any more. A process that has ended already, even if its id
// belongs to another one by now, is left alone; so is the zero Process.
func (p Process) Kill() error {
	if p.PID == 0 {
		return nil
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", p.PID, err)
	}
	defer unix.Close(fd)
	// Looked at after the descriptor was opened: whoever it is now cannot change any more.
	if !p.Alive() {
		return nil
	}
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("kill process %d: %w", p.PID, err)
	}
	const patience, interval = 20 * time.Second, 10 * time.Millisecond
	for deadline := time.Now().Add(patience); p.Alive(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("process %d still runs %s after SIGKILL", p.PID, patience)
		}
		// Ends early when the process has ended altogether.
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if _, err := unix.Poll(poll, int(interval.Milliseconds())); err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for process %d to end: %w", p.PID, err)
		}
	}
	return nil
}
