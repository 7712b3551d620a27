package related

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/inshore-dev/inshore/policies/input"
)

// mounts knows who mounts which path of the host, in any namespace: a daemon that
// serves by a socket in a directory of the host has its clients everywhere. It
// is guarded by the store's lock.
type mounts struct {
	// below has every owner under each directory that it mounts something of:
	// what it mounts, and the directories above.
	below map[string]*clients
	of    map[mounter][]string
}

type mounter struct {
	namespace string
	identity
}

// clients are the owners below one directory: of /proc, half of a cluster's.
type clients struct {
	all map[mounter]struct{}
	// named are the first of all, as far as answers name any; nil until one does.
	// Lookups set it, and share the store's lock with each other.
	named atomic.Pointer[[]mounter]
}

func (c *clients) add(who mounter) {
	c.all[who] = struct{}{}
	c.named.Store(nil)
}

func (c *clients) remove(who mounter) {
	delete(c.all, who)
	c.named.Store(nil)
}

// without is how many there are besides one, who may be none of them.
func (c *clients) without(who mounter) int {
	if _, is := c.all[who]; is {
		return len(c.all) - 1
	}
	return len(c.all)
}

// first are one more than are named, because the one who asks is not.
func (c *clients) first() []mounter {
	if named := c.named.Load(); named != nil {
		return *named
	}
	named := slices.SortedFunc(maps.Keys(c.all), func(a, b mounter) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
	})
	named = slices.Clone(named[:min(namesOfClients+1, len(named))])
	c.named.Store(&named)
	return named
}

// namesOfClients bounds the names in an answer.
const namesOfClients = 3

func (m *mounts) put(who mounter, volumes []input.Volume) {
	directories := directoriesOf(volumes)
	if slices.Equal(m.of[who], directories) {
		return
	}
	m.drop(who)
	if len(directories) == 0 {
		return
	}
	if m.of == nil {
		m.of, m.below = map[mounter][]string{}, map[string]*clients{}
	}
	m.of[who] = directories
	for _, directory := range directories {
		if m.below[directory] == nil {
			m.below[directory] = &clients{all: map[mounter]struct{}{}}
		}
		m.below[directory].add(who)
	}
}

func (m *mounts) drop(who mounter) {
	for _, directory := range m.of[who] {
		if m.below[directory].remove(who); len(m.below[directory].all) == 0 {
			delete(m.below, directory)
		}
	}
	delete(m.of, who)
}

// shared are the host paths among a DaemonSet's volumes that others mount as
// well, or something below them.
func (m *mounts) shared(object *input.DaemonSet, who mounter) []input.Mount {
	var shared []input.Mount
	for i := range object.Spec.Template.Spec.Volumes {
		volume := &object.Spec.Template.Spec.Volumes[i]
		if volume.HostPath == nil {
			continue
		}
		known := m.below[clean(volume.HostPath.Path)]
		if known == nil {
			continue
		}
		mount := input.Mount{Path: volume.HostPath.Path, Clients: known.without(who)}
		if mount.Clients == 0 {
			continue
		}
		for _, client := range known.first() {
			if client != who && len(mount.Names) < namesOfClients {
				mount.Names = append(mount.Names, client.kind+" "+client.namespace+"/"+client.name)
			}
		}
		shared = append(shared, mount)
	}
	return shared
}

// directoriesOf are the volumes' host paths and all that is above them, sorted,
// without the root.
func directoriesOf(volumes []input.Volume) []string {
	var all []string
	for i := range volumes {
		if volumes[i].HostPath == nil {
			continue
		}
		for p := clean(volumes[i].HostPath.Path); p != "/" && p != "."; p = path.Dir(p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// clean is one way to write a path: /var/run is /run on every distribution of
// the last ten years.
func clean(p string) string {
	p = path.Clean(p)
	if p == "/var/run" || strings.HasPrefix(p, "/var/run/") {
		return strings.TrimPrefix(p, "/var")
	}
	return p
}
