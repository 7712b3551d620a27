package call

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// settle makes this goroutine's thread one to measure with, until restore is called.
//
// It stays on the last processor that the process may use, and so does the other
// end's: all work of a round trip is then done by one processor, one step after
// the other, and its time is the sum of them. On two, the time it takes to wake an
// idle processor would be most of what is measured, and whether a batch of calls
// pays for it would be the scheduler's mood.
//
// The runtime's signals stay away: they would end the waits of system calls.
func settle() (restore func(), err error) {
	runtime.LockOSThread()
	var processors, last unix.CPUSet
	var signals, old unix.Sigset_t
	signals.Val[0] = 1 << (unix.SIGURG - 1)
	err = unix.SchedGetaffinity(0, &processors)
	if err == nil {
		last.Set(lastOf(&processors))
		err = unix.SchedSetaffinity(0, &last)
	}
	if err == nil {
		err = unix.PthreadSigmask(unix.SIG_BLOCK, &signals, &old)
	}
	if err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("settle the thread: %w", err)
	}
	return func() {
		_ = unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
		_ = unix.SchedSetaffinity(0, &processors)
		runtime.UnlockOSThread()
	}, nil
}

func lastOf(processors *unix.CPUSet) int {
	last := 0
	for i, left := 0, processors.Count(); left > 0; i++ {
		if processors.IsSet(i) {
			last = i
			left--
		}
	}
	return last
}
