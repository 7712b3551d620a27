package v1alpha1

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	allowedMaxSurge = `a whole number from 1, or a percentage from 1% to 100%`
	allowedDrain    = `a duration in whole seconds from 1s to 1h, such as 15s or 2m, or "none"`
	allowedRehome   = `"never", "idle", or "idle=" and a duration in whole seconds, such as idle=30s`
)

func invalid(format string, args ...any) *problem {
	return &problem{field.ErrorTypeInvalid, fmt.Sprintf(format, args...)}
}

// readMaxSurge reads N or N%. Zero is refused although Kubernetes allows it:
// maxUnavailable becomes 0, and with both zero nothing could roll out.
func readMaxSurge(value string, into *Intent) *problem {
	digits, percent := strings.CutSuffix(value, "%")
	n, err := strconv.ParseInt(digits, 10, 64)
	switch {
	case err != nil || strconv.FormatInt(n, 10) != digits:
		// FormatInt refuses +1 and 01, which Kubernetes would read otherwise
		// than it prints.
		return invalid("allowed is %s%s", allowedMaxSurge, respaced(value, readMaxSurge))
	case n == 0:
		return invalid("with a surge of 0 nothing could roll out, because maxUnavailable becomes 0 too; allowed is %s", allowedMaxSurge)
	case n < 0:
		return invalid("a surge cannot be negative; allowed is %s", allowedMaxSurge)
	case percent && n > 100:
		return invalid("a DaemonSet cannot surge by more than every node; allowed is %s", allowedMaxSurge)
	case n > math.MaxInt32:
		return invalid("more than the API server can hold; allowed is %s", allowedMaxSurge)
	}
	surge := intstr.FromInt32(int32(n))
	if percent {
		surge = intstr.FromString(value)
	}
	into.MaxSurge = &surge
	return nil
}

func readDrain(value string, into *Intent) *problem {
	if value == "none" {
		into.DrainNone = true
		return nil
	}
	wait, problem := wholeSeconds(value, value, allowedDrain, readDrain)
	if problem != nil {
		return problem
	}
	if wait > MaxDrain {
		return invalid("every node's rollout would wait that long; allowed is %s", allowedDrain)
	}
	into.DrainSeconds = int64(wait / time.Second)
	return nil
}

func readRehome(value string, into *Intent) *problem {
	duration, timed := strings.CutPrefix(value, "idle=")
	switch {
	case value == "never":
		into.Rehome = &Rehome{}
		return nil
	case value == "idle":
		into.Rehome = &Rehome{Idle: true, AfterSeconds: int64(DefaultRehomeIdle / time.Second)}
		return nil
	case timed:
		wait, problem := wholeSeconds(duration, value, allowedRehome, readRehome)
		if problem != nil {
			return problem
		}
		into.Rehome = &Rehome{Idle: true, AfterSeconds: int64(wait / time.Second)}
		return nil
	}
	if near := nearest(value, []string{"never", "idle"}); near != "" {
		return invalid("allowed is %s; did you mean %q?", allowedRehome, near)
	}
	return invalid("allowed is %s%s", allowedRehome, respaced(value, readRehome))
}

// wholeSeconds reads a Go duration of one second or more without a fraction:
// Kubernetes counts grace periods and sleeps in seconds. The duration is the
// value's end; again reads a respelled value, to find out whether a
// did-you-mean would be right.
func wholeSeconds(duration, value, allowed string, again func(string, *Intent) *problem) (time.Duration, *problem) {
	wait, err := time.ParseDuration(duration)
	switch {
	case err != nil && isDigits(duration):
		return 0, invalid("the unit is missing; allowed is %s; did you mean %q?", allowed, shown(value+"s"))
	case err != nil:
		return 0, invalid("allowed is %s%s", allowed, respaced(value, again))
	case wait <= 0:
		return 0, invalid("a wait must be longer than nothing; allowed is %s", allowed)
	case wait%time.Second != 0:
		return 0, invalid("Kubernetes counts in whole seconds; allowed is %s", allowed)
	}
	return wait, nil
}

// respaced suggests the value in lower case without blanks, if that reads.
func respaced(value string, read func(string, *Intent) *problem) string {
	if len(value) > maxShown {
		return ""
	}
	tight := strings.ToLower(strings.Join(strings.FieldsFunc(value, unicode.IsSpace), ""))
	if tight == value || read(tight, &Intent{}) != nil {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", tight)
}

func isDigits(s string) bool {
	return s != "" && len(s) <= maxShown && strings.Trim(s, "0123456789") == ""
}
