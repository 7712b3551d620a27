package memory

import (
	"os"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/go-logr/logr"
	"golang.org/x/sys/unix"
)

// GiveBack returns to the kernel what only starting up needed: the heap of the
// first lists, and the pages of the program that initialized packages and read
// flags. They are a file's and unchanged, so what is needed after all comes
// from the page cache, at a microsecond for 64 KiB. It returns the number of bytes of
// the program that it let go of, resident or not; what fails is logged.
func GiveBack(log logr.Logger) (bytes int) {
	debug.FreeOSMemory()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		log.V(1).Info("Cannot give memory back", "error", err.Error())
		return 0
	}
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		log.V(1).Info("Cannot give memory back", "error", err.Error())
		return 0
	}
	for _, r := range unchanged(string(maps), executable) {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, r.start, r.length, unix.MADV_DONTNEED); errno != 0 {
			log.V(1).Info("Cannot give memory back", "error", errno.Error())
			continue
		}
		bytes += int(r.length)
	}
	return bytes
}

// region is a part of the address space.
type region struct{ start, length uintptr }

// unchanged are the regions of proc_pid_maps(5) that hold a file and cannot have
// been written to.
func unchanged(maps, file string) []region {
	var found []region
	for line := range strings.Lines(maps) {
		fields := strings.Fields(line)
		if len(fields) != 6 || fields[5] != file || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, errStart := strconv.ParseUint(from, 16, 64)
		end, errEnd := strconv.ParseUint(to, 16, 64)
		if errStart == nil && errEnd == nil && start < end {
			found = append(found, region{uintptr(start), uintptr(end - start)})
		}
	}
	return found
}
