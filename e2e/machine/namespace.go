package machine

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// cloneFlag says which namespace the files in /proc/<pid>/ns stand for.
var cloneFlag = map[string]int{
	"net": unix.CLONE_NEWNET,
	"mnt": unix.CLONE_NEWNS,
	"uts": unix.CLONE_NEWUTS,
	"ipc": unix.CLONE_NEWIPC,
	"pid": unix.CLONE_NEWPID,
}

// within calls do on a thread that has entered the given namespaces of the machine. Processes that do
// starts and sockets that do opens are the machine's; nothing else of this process is.
func (m *Machine) within(do func() error, kinds ...string) error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread cannot be put back as it was, and the runtime ends it with the goroutine.
		runtime.LockOSThread()
		err := m.enter(kinds)
		if err == nil {
			err = do()
		}
		done <- err
	}()
	return <-done
}

func (m *Machine) enter(kinds []string) error {
	files := make([]*os.File, len(kinds))
	for i, kind := range kinds {
		file, err := os.Open(m.namespace(kind))
		if err != nil {
			return fmt.Errorf("open the machine's %s namespace: %w", kind, err)
		}
		defer file.Close()
		files[i] = file
	}
	// Checked between opening and entering, so that the namespaces cannot be those of a recycled process id.
	if !m.first.Alive() {
		return fmt.Errorf("the machine is gone: its first process, %d, has ended", m.first.PID)
	}
	// A mount namespace can only be entered by a thread that shares its working directory with no other.
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare the thread's working directory: %w", err)
	}
	for i, kind := range kinds {
		if err := unix.Setns(int(files[i].Fd()), cloneFlag[kind]); err != nil {
			return fmt.Errorf("enter the machine's %s namespace: %w", kind, err)
		}
	}
	return nil
}
