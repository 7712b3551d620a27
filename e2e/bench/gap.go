package bench

import (
	"fmt"
	"slices"
)

// gaps are what the options ask for and the report lacks, but for what is Missing
// already: nothing is ever left out in silence.
func (r *Report) gaps(o Options) []string {
	var gaps []string
	note := func(there bool, format string, args ...any) {
		if !there {
			gaps = append(gaps, fmt.Sprintf(format, args...))
		}
	}
	for _, services := range o.Services {
		for _, arm := range o.Arms {
			for _, measure := range Measures() {
				l := r.find(services, arm, measure)
				note(l != nil && l.Microseconds.Samples > 0, "%s over %s with %d Services", measure, arm, services)
			}
		}
	}
	for _, router := range routersFor(o.Arms) {
		if router.arm == PodIP {
			continue
		}
		note(slices.ContainsFunc(r.Programming, func(p Programming) bool { return p.Arm == router.arm && p.FromSeen.Samples > 0 }),
			"programming of %s", router.arm)
		note(slices.ContainsFunc(r.Usage, func(u Usage) bool { return u.Arm == router.arm && u.Churn != nil }),
			"memory and processor of %s", router.arm)
	}
	return gaps
}
