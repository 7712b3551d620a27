package mutate_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// life is an object that its owner goes on editing while it is opted in, and
// beside it the object as it would be without Inshore.
type life struct {
	live, without object
	platform      v1alpha1.Platform
	added         int // containers, for names that are new
}

// TestWhatTheOwnerChangesMeanwhileIsKept lets an owner edit fields, containers
// and annotations in any order, by edits that keep our record and by replaces
// that drop it. After opting out, the object is what it would be without us.
func TestWhatTheOwnerChangesMeanwhileIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		original := drawObject(t)
		l := life{live: clone(t, original), without: clone(t, original), platform: drawPlatform(t)}
		l.send(t, annotate(clone(t, l.live), drawWords(t, original["kind"])))
		actions := map[string]func(*rapid.T){
			"change of mind": func(t *rapid.T) { l.send(t, annotate(clone(t, l.live), drawWords(t, original["kind"]))) },
			"replace":        l.replace,
			"label":          func(t *rapid.T) { l.edit(t, setLabel) },
			"upgrade":        func(t *rapid.T) { l.platform = drawPlatform(t) },
			"":               func(t *rapid.T) { l.send(t, clone(t, l.live)) },
		}
		if original["kind"] == "Service" {
			actions["field"] = l.editServiceField
		} else {
			actions["rolling"] = l.editRolling
			actions["grace"] = l.editGrace
			actions["image"] = func(t *rapid.T) { l.edit(t, setImage) }
			actions["reorder"] = func(t *rapid.T) { l.edit(t, reverseContainers) }
			actions["add container"] = l.addContainer
			actions["remove container"] = func(t *rapid.T) { l.edit(t, removeLastContainer) }
		}
		t.Repeat(actions)

		l.send(t, annotate(clone(t, l.live), noWords()))
		if diff := cmp.Diff(string(encode(t, l.without)), string(encode(t, l.live))); diff != "" {
			t.Fatalf("after opting out (-without Inshore +live):\n%s", diff)
		}
	})
}

func (l *life) send(t *rapid.T, o object) { l.live = admit(t, o, l.live, l.platform) }

// edit makes the same change in both objects.
func (l *life) edit(t *rapid.T, change func(object)) {
	change(l.without)
	sent := clone(t, l.live)
	change(sent)
	l.send(t, sent)
}

// replace sends the owner's own object with its annotations, as a controller
// does that knows nothing of our record.
func (l *life) replace(t *rapid.T) {
	words := map[string]string{}
	annotations, _ := child(clone(t, l.live), "metadata")["annotations"].(object)
	for key := range noWords() {
		if value, ok := annotations[key].(string); ok {
			words[key] = value
		}
	}
	l.send(t, annotate(clone(t, l.without), words))
}

// editServiceField sets a field to a value that it does not hold: one that we
// wrote there already cannot be told from ours, and is documented to be.
func (l *life) editServiceField(t *rapid.T) {
	field := rapid.SampledFrom([]string{"internalTrafficPolicy", "externalTrafficPolicy", "trafficDistribution"}).Draw(t, "field")
	values := map[string][]any{
		"internalTrafficPolicy": {"Cluster", "Local"}, "externalTrafficPolicy": {"Cluster", "Local"},
		"trafficDistribution": {"PreferSameZone", "PreferClose", "PreferSameNode"},
	}
	value := rapid.SampledFrom(values[field]).Draw(t, "value")
	if child(l.live, "spec")[field] != value {
		l.edit(t, func(o object) { child(o, "spec")[field] = value })
	}
}

func (l *life) editRolling(t *rapid.T) {
	rolling := drawRolling(t)
	strategy, _ := child(clone(t, l.live), "spec")["updateStrategy"].(object)
	if strategy == nil || strategy["type"] == "OnDelete" {
		return
	}
	// The amount that is not zero must be the owner's own: one of the pair is
	// then known to be theirs, and decides what the other was.
	now, _ := strategy["rollingUpdate"].(object)
	for key, value := range rolling {
		if value != 0 && value != "0%" && fmt.Sprint(now[key]) == fmt.Sprint(value) {
			return
		}
	}
	l.edit(t, func(o object) {
		strategy := child(o, "spec", "updateStrategy")
		strategy["rollingUpdate"] = *decode[object](t, encode(t, rolling))
	})
}

func (l *life) editGrace(t *rapid.T) {
	seconds := rapid.SampledFrom([]any{float64(31), float64(60), float64(300)}).Draw(t, "grace")
	if child(l.live, "spec", "template", "spec")["terminationGracePeriodSeconds"] != seconds {
		l.edit(t, func(o object) { child(o, "spec", "template", "spec")["terminationGracePeriodSeconds"] = seconds })
	}
}

func (l *life) addContainer(t *rapid.T) {
	c := drawContainer(t, "added")
	delete(c, "ports")
	if lifecycle, ok := c["lifecycle"].(object); ok {
		delete(lifecycle, "preStop") // a grace period of 0 may be drawn beside it
	}
	l.added++
	c["name"] = fmt.Sprintf("added-%d", l.added)
	text := encode(t, c)
	l.edit(t, func(o object) {
		pod := child(o, "spec", "template", "spec")
		pod["containers"] = append(pod["containers"].([]any), *decode[object](t, text))
	})
}

func setLabel(o object) { child(o, "metadata", "labels")["tier"] = "cache" }

func setImage(o object) {
	child(o, "spec", "template", "spec")["containers"].([]any)[0].(object)["image"] = "memcached:1.7"
}

func reverseContainers(o object) {
	pod := child(o, "spec", "template", "spec")
	containers := pod["containers"].([]any)
	reversed := make([]any, len(containers))
	for i, c := range containers {
		reversed[len(containers)-1-i] = c
	}
	pod["containers"] = reversed
}

func removeLastContainer(o object) {
	pod := child(o, "spec", "template", "spec")
	if containers := pod["containers"].([]any); len(containers) > 1 {
		pod["containers"] = containers[:len(containers)-1]
	}
}
