package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Auto asks [Find] to look for the root itself.
const Auto = "auto"

// Root is a folder to attach to.
type Root struct {
	Path string `json:"path"`
	// Reason says how it was found, for people.
	Reason string `json:"reason"`
}

// Config is what [Find] goes by.
type Config struct {
	// Path is a folder of a cgroup v2 file system, taken as it is, or [Auto] (or
	// empty) to look for the node's.
	Path string
	// Prefix stands before every path that is looked at; empty except in tests.
	Prefix string
}

// The places to look at, the node's own view first. A pure v2 host has cgroup2 at
// the first of each pair, a hybrid one at the second.
var (
	mountedPlaces = []string{"/host/sys/fs/cgroup", "/host/sys/fs/cgroup/unified"}
	ownPlaces     = []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}
)

// Find finds the root cgroup. The error says what was looked at and what is
// wrong with each.
//
// What is mounted below /host was mounted for us and is believed: on a node that
// is itself a container (kind) it is that container's cgroup, and rightly so. At
// the usual place a container sees the root of its own cgroup namespace, below
// which are none of the node's pods, so only the hierarchy's real root is taken.
func Find(config Config) (Root, error) {
	if config.Path != "" && config.Path != Auto {
		if problem := cgroup2(config.Prefix + config.Path); problem != nil {
			return Root{}, fmt.Errorf("%s cannot be the root cgroup: %w", config.Path, problem)
		}
		return Root{Path: config.Prefix + config.Path, Reason: "as configured"}, nil
	}
	var problems []string
	for _, place := range mountedPlaces {
		problem := cgroup2(config.Prefix + place)
		if problem == nil {
			return Root{Path: config.Prefix + place, Reason: "the node's, mounted at " + place}, nil
		}
		problems = append(problems, fmt.Sprintf("%s: %v", place, problem))
	}
	for _, place := range ownPlaces {
		problem := realRoot(config.Prefix + place)
		if problem == nil {
			return Root{Path: config.Prefix + place, Reason: "the root of the hierarchy"}, nil
		}
		problems = append(problems, fmt.Sprintf("%s: %v", place, problem))
	}
	return Root{}, fmt.Errorf("found no root cgroup; mount the node's /sys/fs/cgroup at /host/sys/fs/cgroup, or say --cgroup-root (%s)",
		strings.Join(problems, "; "))
}

// cgroup2 says what is wrong with a folder that is to be in a cgroup v2 file system.
func cgroup2(path string) error {
	var stat unix.Statfs_t
	err := unix.Statfs(path, &stat)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("is not there")
	case err != nil:
		return err
	case stat.Type != unix.CGROUP2_SUPER_MAGIC:
		return errors.New("is no cgroup v2 file system")
	}
	return nil
}

// realRoot says what is wrong with a folder that is to be the root of all cgroups.
// Every other cgroup has a file cgroup.type (Linux 4.14), even where a namespace
// or a bind mount makes it look like the root.
func realRoot(path string) error {
	if problem := cgroup2(path); problem != nil {
		return problem
	}
	_, err := os.Stat(filepath.Join(path, "cgroup.type"))
	switch {
	case err == nil:
		return errors.New("is the view of a cgroup namespace, with nothing in it but this container")
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return nil
}

// Own is the cgroup of this process as its cgroup namespace sees it, like
// "/kubepods.slice/...": for messages. It is empty if unknown.
func Own() string {
	membership, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return ""
	}
	return own(string(membership))
}

// own finds the line of v2, whose hierarchy is 0 and has no controllers' names.
func own(membership string) string {
	for line := range strings.Lines(membership) {
		if path, found := strings.CutPrefix(line, "0::"); found {
			return strings.TrimSpace(path)
		}
	}
	return ""
}
