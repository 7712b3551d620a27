//go:build unix

package review

import (
	"os"
	"syscall"
)

// keepOwner gives a file the owner of the one that it is going to replace: in a
// container that runs as root, the user's files stay the user's. Who may not
// give files away becomes the owner, as with other editors.
func keepOwner(file string, of os.FileInfo) {
	if owner, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(file, int(owner.Uid), int(owner.Gid))
	}
}
