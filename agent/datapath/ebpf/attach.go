package ebpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// attach makes every hook of a cgroup run the program given, from one moment to the
// next, and keep doing so when this process is gone.
//
// Links are attached raw: where the kernel has no cgroup links (before 5.7) that is
// an error. The convenience around them would fall back to attaching in ways that
// replace other programs, or that end with this process.
func attach(cgroupRoot string, p pins, programs *inshorePrograms) error {
	cgroup, err := os.Open(cgroupRoot)
	if err != nil {
		return fmt.Errorf("opening the root cgroup: %w", err)
	}
	defer cgroup.Close()
	var stat unix.Stat_t
	if err := unix.Fstat(int(cgroup.Fd()), &stat); err != nil {
		return fmt.Errorf("identifying the root cgroup: %w", err)
	}
	if err := os.MkdirAll(p.links(), 0o700); err != nil {
		return fmt.Errorf("making a folder for pins: %w", err)
	}
	for _, h := range hooks {
		pin, program := p.link(h.name), h.program(programs)
		done, err := takeOver(pin, stat.Ino, program)
		if err == nil && !done {
			err = attachAnew(cgroup, pin, h.attach, program)
		}
		if err != nil {
			return fmt.Errorf("attaching %s to %s: %w", h.name, cgroupRoot, err)
		}
	}
	return nil
}

// takeOver puts a program in the place of the one that a predecessor attached. It
// reports false if there is none, or none to this cgroup.
func takeOver(pin string, cgroup uint64, program *ebpf.Program) (bool, error) {
	l, err := link.LoadPinnedLink(pin, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("opening the pinned link: %w", err)
	}
	defer l.Close()
	info, err := l.Info()
	if err != nil {
		return false, fmt.Errorf("asking what the pinned link is: %w", err)
	}
	// 0 is a link whose cgroup has been removed. A cgroup's id is its inode.
	if at := info.Cgroup(); at == nil || at.CgroupId != cgroup {
		return false, nil
	}
	if err := l.Update(program); err != nil {
		return false, fmt.Errorf("updating the pinned link: %w", err)
	}
	return true, nil
}

// attachAnew attaches a program beside what others have attached. A link that was
// pinned in the place goes when the new one is there.
func attachAnew(cgroup *os.File, pin string, at ebpf.AttachType, program *ebpf.Program) error {
	l, err := link.AttachRawLink(link.RawLinkOptions{Target: int(cgroup.Fd()), Program: program, Attach: at})
	if err != nil {
		return err
	}
	defer l.Close()
	fresh := pin + "-new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing what an interrupted start left: %w", err)
	}
	if err := l.Pin(fresh); err != nil {
		return fmt.Errorf("pinning the link: %w", err)
	}
	if err := os.Rename(fresh, pin); err != nil {
		return fmt.Errorf("pinning the link: %w", err)
	}
	return nil
}
