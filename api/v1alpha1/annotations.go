package v1alpha1

import (
	"fmt"
	"strconv"
)

// Annotations writes the Intent in the words it was read from: [Parse] of the
// result gives the Intent back. Fields that were not written stay absent.
func (i Intent) Annotations() map[string]string {
	annotations := make(map[string]string)
	set := func(key, value string) {
		if value != "" {
			annotations[key] = value
		}
	}
	set(AnnotationNodeLocal, string(i.NodeLocal))
	set(AnnotationNoLocalEndpoint, string(i.NoLocalEndpoint))
	set(AnnotationExternalTraffic, string(i.ExternalTraffic))
	set(AnnotationReadinessGate, string(i.ReadinessGate))
	set(AnnotationBalance, string(i.Balance))
	if i.MaxSurge != nil {
		set(AnnotationMaxSurge, i.MaxSurge.String())
	}
	if i.DrainSeconds > 0 {
		set(AnnotationDrain, seconds(i.DrainSeconds))
	}
	if i.DrainNone {
		set(AnnotationDrain, "none")
	}
	if i.Rehome != nil {
		set(AnnotationRehome, i.Rehome.String())
	}
	if i.Accelerate != nil {
		set(AnnotationAccelerate, strconv.FormatBool(*i.Accelerate))
	}
	return annotations
}

// String is the annotation's value.
func (r Rehome) String() string {
	if !r.Idle {
		return "never"
	}
	return "idle=" + seconds(r.AfterSeconds)
}

func seconds(n int64) string { return fmt.Sprintf("%ds", n) }
