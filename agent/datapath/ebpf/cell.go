package ebpf

import (
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

// cell is the map "state", mapped into memory: a write by system call is a copy
// of bytes, and half a deadline may be one long past.
type cell struct {
	page  []byte
	state *inshoreState
}

func openCell(m *ebpf.Map) (*cell, error) {
	page, err := unix.Mmap(m.FD(), 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("mapping the state into memory: %w", err)
	}
	return &cell{page: page, state: (*inshoreState)(unsafe.Pointer(&page[0]))}, nil
}

// writing runs a function while lookups that find nothing are repeated.
func (c *cell) writing(write func() error) error {
	// A predecessor that was killed while writing left an odd number.
	if atomic.LoadUint64(&c.state.Writes)%2 == 0 {
		atomic.AddUint64(&c.state.Writes, 1)
	}
	defer atomic.AddUint64(&c.state.Writes, 1)
	return write()
}

// trust has the programs believe the decisions for a while; 0 is for ever.
func (c *cell) trust(timeout time.Duration) error {
	until := uint64(math.MaxUint64)
	if timeout > 0 {
		now, err := bootTime()
		if err != nil {
			return err
		}
		until = uint64(now + timeout)
	}
	atomic.StoreUint64(&c.state.TrustedUntil, until)
	return nil
}

func (c *cell) close() error { return unix.Munmap(c.page) }

// bootTime is what bpf_ktime_get_boot_ns says: it goes on while the machine sleeps.
func bootTime() (time.Duration, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, fmt.Errorf("reading the time since boot: %w", err)
	}
	return time.Duration(now.Nano()), nil
}

// left is how long it is until a deadline that the programs go by; nil is for ever.
func left(until uint64) (*time.Duration, error) {
	if until == math.MaxUint64 {
		return nil, nil
	}
	now, err := bootTime()
	if err != nil {
		return nil, err
	}
	duration := time.Duration(until) - now
	return &duration, nil
}
