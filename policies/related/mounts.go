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
	// what it mounts, and the directories above. Below /proc is half of a cluster.
	below map[string]clients
}

// clients are owners in order, each the same in all its lists. Whoever asks wants
// their number and the first names.
type clients []*mounter

type mounter struct {
	namespace string
	identity
}

func (m *mounter) compare(other *mounter) int {
	return cmp.Or(cmp.Compare(m.kind, other.kind), cmp.Compare(m.namespace, other.namespace), cmp.Compare(m.name, other.name))
}

func (c clients) find(who *mounter) (at int, found bool) {
	return slices.BinarySearchFunc(c, who, (*mounter).compare)
}

// besides counts those who are not who, and names the first.
func (c clients) besides(who *mounter) (count int, names []string) {
	at, found := c.find(who)
	if count = len(c); found {
		count--
	}
	for i, client := range c[:min(namesOfClients+1, len(c))] {
		if !(found && i == at) && len(names) < namesOfClients {
			names = append(names, client.kind+" "+client.namespace+"/"+client.name)
		}
	}
	return count, names
}

// namesOfClients bounds the names in an answer.
const namesOfClients = 3

// replace notes that an owner's volumes are not what they were.
func (m *mounts) replace(who mounter, was, is []input.Volume) {
	before, now := directoriesOf(was), directoriesOf(is)
	if slices.Equal(before, now) {
		return
	}
	for _, directory := range before {
		m.remove(directory, &who)
	}
	if len(now) == 0 {
		return
	}
	// The texts may be a part of something large.
	kept := &mounter{strings.Clone(who.namespace), who.own()}
	for _, directory := range now {
		m.add(directory, kept)
	}
}

func (m *mounts) add(directory string, who *mounter) {
	known, ok := m.below[directory]
	if !ok {
		directory = strings.Clone(directory)
	}
	if m.below == nil {
		m.below = map[string]clients{}
	}
	at, _ := known.find(who)
	m.below[directory] = slices.Insert(known, at, who)
}

func (m *mounts) remove(directory string, who *mounter) {
	known := m.below[directory]
	at, found := known.find(who)
	switch {
	case !found:
	case len(known) == 1:
		delete(m.below, directory)
	default:
		m.below[directory] = slices.Delete(known, at, at+1)
	}
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
		clients, names := m.below[clean(volume.HostPath.Path)].besides(&who)
		if clients > 0 {
			shared = append(shared, input.Mount{Path: volume.HostPath.Path, Clients: clients, Names: names})
		}
	}
	return shared
}

// The bounds on a path that is looked at. A kernel mounts none that is longer
// (PATH_MAX), and nobody has a socket that deep; an API server takes both, and
// every directory of a path is kept, so that one object could fill our memory.
const (
	maxPath  = 4096
	maxDepth = 32
)

// directoriesOf are the volumes' host paths and all that is above them, sorted,
// without the root.
func directoriesOf(volumes []input.Volume) []string {
	var all []string
	for i := range volumes {
		host := volumes[i].HostPath
		if host == nil || len(host.Path) > maxPath {
			continue
		}
		below := clean(host.Path)
		if strings.Count(below, "/") > maxDepth {
			continue
		}
		for p := below; p != "/" && p != "."; p = path.Dir(p) {
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
