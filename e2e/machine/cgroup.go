package machine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Hierarchy is one cgroup file system of the host.
type Hierarchy struct {
	// Path is where the host has it mounted.
	Path string
	// Options are the mount options that select a version 1 hierarchy; empty for version 2.
	Options string
}

// Unified says whether the hierarchy is the version 2 one.
func (h Hierarchy) Unified() bool { return h.Options == "" }

// Hierarchies reads which cgroup hierarchies the host has mounted, from the text of a mountinfo file.
func Hierarchies(mountinfo string) ([]Hierarchy, error) {
	var found []Hierarchy
	lines := bufio.NewScanner(strings.NewReader(mountinfo))
	for lines.Scan() {
		mount, super, ok := strings.Cut(lines.Text(), " - ")
		fields, device := strings.Fields(mount), strings.Fields(super)
		if !ok || len(fields) < 5 || len(device) < 3 {
			continue
		}
		h := Hierarchy{Path: fields[4]}
		switch device[0] {
		case "cgroup2":
		case "cgroup":
			h.Options = selectingOptions(device[2])
		default:
			continue
		}
		sameKind := func(other Hierarchy) bool { return other.Options == h.Options }
		if !slices.ContainsFunc(found, sameKind) {
			found = append(found, h)
		}
	}
	if !slices.ContainsFunc(found, Hierarchy.Unified) {
		return nil, errors.New("no cgroup version 2 hierarchy is mounted: boot with systemd.unified_cgroup_hierarchy=1, " +
			"or run: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified")
	}
	return found, lines.Err()
}

// selectingOptions keeps of a version 1 mount's options those that say which hierarchy it is.
func selectingOptions(super string) string {
	var keep []string
	for option := range strings.SplitSeq(super, ",") {
		switch {
		case strings.HasPrefix(option, "name="):
			keep = append(keep, "none", option)
		case slices.Contains([]string{"rw", "ro", "xattr", "noprefix", "clone_children", "cpuset_v2_mode"}, option),
			strings.HasPrefix(option, "release_agent="):
		default:
			keep = append(keep, option)
		}
	}
	return strings.Join(keep, ",")
}

// makeFolders creates a cgroup folder, and its parents, in every hierarchy.
func makeFolders(hierarchies []Hierarchy, folder string) error {
	for _, h := range hierarchies {
		dir := h.Path
		for part := range strings.SplitSeq(folder, "/") {
			parent := dir
			dir = filepath.Join(dir, part)
			if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("create cgroup folder %s: %w", dir, err)
			}
			if err := prepareFolder(h, parent, dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// prepareFolder makes a fresh folder usable: version 2 wants its controllers handed down, and version 1's
// cpuset admits nobody to a folder that does not say which processors it has.
func prepareFolder(h Hierarchy, parent, dir string) error {
	if h.Unified() {
		return handDown(parent)
	}
	if !slices.Contains(strings.Split(h.Options, ","), "cpuset") {
		return nil
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(parent, file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), value, 0)
		}
		if err != nil {
			return fmt.Errorf("inherit %s into cgroup folder %s: %w", file, dir, err)
		}
	}
	return nil
}

// handDown enables in parent's children every controller that parent has.
func handDown(parent string) error {
	controllers, err := os.ReadFile(filepath.Join(parent, "cgroup.controllers"))
	if err != nil {
		return fmt.Errorf("read the controllers of cgroup folder %s: %w", parent, err)
	}
	for _, controller := range strings.Fields(string(controllers)) {
		// One by one and without insisting: a controller that processes in the parent itself hold back (a
		// container's root, say) only costs the limits that it would enforce.
		_ = os.WriteFile(filepath.Join(parent, "cgroup.subtree_control"), []byte("+"+controller), 0)
	}
	return nil
}

// RemoveFolders removes a cgroup folder with all folders below it from every hierarchy, and those of its
// parents that are empty then. It waits a while for killed processes to leave.
func RemoveFolders(hierarchies []Hierarchy, folder string) error {
	var failed error
	for _, h := range hierarchies {
		failed = errors.Join(failed, removeTree(filepath.Join(h.Path, folder)))
		for parent := filepath.Dir(folder); parent != "."; parent = filepath.Dir(parent) {
			// A parent with folders of other machines refuses, which is what keeps them.
			_ = os.Remove(filepath.Join(h.Path, parent))
		}
	}
	return failed
}

func removeTree(dir string) error {
	const patience = 10 * time.Second
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := removeFoldersOnce(dir)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

func removeFoldersOnce(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list cgroup folder %s: %w", dir, err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeFoldersOnce(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove cgroup folder %s: %w", dir, err)
	}
	return nil
}
