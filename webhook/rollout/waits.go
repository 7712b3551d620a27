package rollout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// waits are DaemonSets that have yet to come up.
type waits struct {
	keys []Key
	// stuck is set if one of them makes no progress.
	stuck bool
}

// maxNamed bounds how many DaemonSets a message names.
const maxNamed = 3

func (w waits) String() string {
	slices.SortFunc(w.keys, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), compareKeys(a, b)) })
	var names []string
	for _, key := range w.keys[:min(maxNamed, len(w.keys))] {
		names = append(names, key.String())
	}
	text := strings.Join(names, ", ")
	if more := len(w.keys) - maxNamed; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// following are the unready DaemonSets that follow the policy as it is today, and
// those that were changed and not seen since. One that is still to be changed does
// not count: the change may be what mends it.
func (b *Book) following(p Policy, now time.Time) waits {
	var w waits
	b.daemons.each(func(namespace, name string, since time.Time) {
		key := Key{v1alpha1.KindDaemonSet, namespace, name}
		if o := b.find(key); o != nil && o.Holder == p.Name && o.Follows && o.Due == "" {
			w.keys = append(w.keys, key)
			w.stuck = w.stuck || now.Sub(since) >= Patience
		}
	})
	w.keys = b.written(w.keys, p, now, false)
	return w
}

// letGo are the unready DaemonSets that followed the policy until a moment ago.
// One that is stuck is waited for no longer.
func (b *Book) letGo(p Policy, now time.Time) waits {
	var w waits
	for key, c := range b.undone {
		since, unready := b.daemons.since(key.Namespace, key.Name)
		if !unready || now.Sub(since) >= Patience || now.Sub(c.at) >= time.Hour {
			delete(b.undone, key)
		} else if c.policy == p.Name {
			w.keys = append(w.keys, key)
		}
	}
	w.keys = b.written(w.keys, p, now, true)
	return w
}

// written adds the DaemonSets that were changed a moment ago.
func (b *Book) written(keys []Key, p Policy, now time.Time, undo bool) []Key {
	for key, c := range b.changes {
		if key.Kind == v1alpha1.KindDaemonSet && c.policy == p.Name && c.undo == undo && now.Sub(c.at) < unseen {
			keys = append(keys, key)
		}
	}
	return keys
}
