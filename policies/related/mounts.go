package related

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/inshore-dev/inshore/policies/input"
)

// mounts knows who mounts which path of the host, in any namespace: a daemon that
// serves by a socket in a directory of the host has its clients everywhere. It
// is guarded by the store's lock.
type mounts struct {
	// below has every owner under each directory that it mounts something of:
	// what it mounts, and the directories above.
	below map[string]map[mounter]struct{}
	of    map[mounter][]string
}

type mounter struct {
	namespace string
	identity
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
		m.of, m.below = map[mounter][]string{}, map[string]map[mounter]struct{}{}
	}
	m.of[who] = directories
	for _, directory := range directories {
		if m.below[directory] == nil {
			m.below[directory] = map[mounter]struct{}{}
		}
		m.below[directory][who] = struct{}{}
	}
}

func (m *mounts) drop(who mounter) {
	for _, directory := range m.of[who] {
		delete(m.below[directory], who)
		if len(m.below[directory]) == 0 {
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
		mount := input.Mount{Path: volume.HostPath.Path}
		var first []mounter
		for client := range m.below[clean(volume.HostPath.Path)] {
			if client == who {
				continue
			}
			mount.Clients++
			first = append(first, client)
		}
		if mount.Clients == 0 {
			continue
		}
		slices.SortFunc(first, func(a, b mounter) int {
			return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name))
		})
		for _, client := range first[:min(namesOfClients, len(first))] {
			mount.Names = append(mount.Names, client.kind+" "+client.namespace+"/"+client.name)
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
