package decisionlog

import (
	"regexp"
	"slices"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

// Masked stands for a word that the log does not repeat.
const Masked = "masked"

// mask is the document without what people may keep secrets in: annotations that
// are not ours (kubectl keeps the whole object in one), and of the commands of
// preStop handlers all words but those that say whether the handler waits. The
// document itself is left as it is.
func mask(document *input.Document) *input.Document {
	masked := *document
	masked.Object = maskObject(document.Object)
	if document.OldObject != nil {
		masked.OldObject = maskObject(document.OldObject)
	}
	// The store that related objects are from has no annotations of others.
	masked.Related.DaemonSets = slices.Clone(document.Related.DaemonSets)
	for i, daemonSet := range masked.Related.DaemonSets {
		masked.Related.DaemonSets[i] = maskDaemonSet(daemonSet)
	}
	return &masked
}

func maskObject(object input.Object) input.Object {
	switch object := object.(type) {
	case *input.Service:
		masked := *object
		masked.Metadata.Annotations = v1alpha1.Ours(object.Metadata.Annotations)
		return &masked
	case *input.DaemonSet:
		return maskDaemonSet(object)
	}
	return object
}

func maskDaemonSet(object *input.DaemonSet) *input.DaemonSet {
	masked := *object
	masked.Metadata.Annotations = v1alpha1.Ours(object.Metadata.Annotations)
	spec := &masked.Spec.Template.Spec
	spec.Containers = maskContainers(spec.Containers)
	spec.InitContainers = maskContainers(spec.InitContainers)
	return &masked
}

func maskContainers(containers []input.Container) []input.Container {
	masked := slices.Clone(containers)
	for i := range masked {
		lifecycle := masked[i].Lifecycle
		if lifecycle == nil || lifecycle.PreStop == nil || lifecycle.PreStop.Exec == nil {
			continue
		}
		copied, preStop := *lifecycle, *lifecycle.PreStop
		preStop.Exec = &input.Exec{Command: maskCommand(preStop.Exec.Command)}
		copied.PreStop = &preStop
		masked[i].Lifecycle = &copied
	}
	return masked
}

// commandWord is a word between blanks and the separators of a shell; plainWord
// is one that gives nothing away: the programs and the shell's own words that
// rules look at, short options, and durations.
var (
	commandWord = regexp.MustCompile(`[^\s;&|]+`)
	plainWord   = regexp.MustCompile(`^(?:(?:[/\w.-]*/)?(?:sh|bash|dash|ash|sleep|true|:|echo|exit|kill|killall|nginx|openresty|pkill|printf|rm|touch|while|until|for|do|done)|-\w{1,2}|\d{1,6}m?s?)$`)
)

func maskCommand(command []string) []string {
	masked := make([]string, len(command))
	for i, argument := range command {
		masked[i] = commandWord.ReplaceAllStringFunc(argument, func(word string) string {
			if plainWord.MatchString(word) {
				return word
			}
			return Masked
		})
	}
	return masked
}
