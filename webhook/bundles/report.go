package bundles

import (
	"fmt"
	"hash/fnv"
	"strconv"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"

	"github.com/inshore-dev/inshore/policies/reload"
	"github.com/inshore-dev/inshore/webhook/excerpt"
)

// The reasons of events.
const (
	ReasonLoaded  = "PoliciesLoaded"
	ReasonRefused = "PoliciesRefused"
	ReasonRemoved = "PoliciesRemoved"
	ReasonMissing = "PoliciesMissing"
)

// reporter says what came of changes: in the log and as an event where it is
// news, in a counter always.
type reporter struct {
	reloads  *prometheus.CounterVec
	events   events.EventRecorder
	regarded *corev1.ObjectReference
	log      logr.Logger
}

func newReporter(config Config) *reporter {
	r := &reporter{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "inshore_policy_reload_total",
			Help: "Looks at a source of rules, by what came of them. refused and unreadable leave the last good rules in force.",
		}, []string{"source", "result"}),
		events:   config.Events,
		regarded: &corev1.ObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Namespace: config.Namespace, Name: config.Deployment},
		log:      config.Log,
	}
	config.Metrics.MustRegister(r.reloads)
	return r
}

// known starts a source's counters at zero, so that rate() sees the first
// failure.
func (r *reporter) known(source string) {
	for _, result := range reload.Results {
		r.reloads.WithLabelValues(source, string(result))
	}
}

func (r *reporter) report(outcome reload.Outcome) {
	r.known(outcome.Source)
	r.reloads.WithLabelValues(outcome.Source, string(outcome.Result)).Inc()
	if !outcome.News {
		return
	}
	log := r.log.WithValues("source", outcome.Source, "revision", outcome.Revision)
	switch outcome.Result {
	case reload.Loaded:
		log.Info("Loaded rules")
		r.event(outcome.Source, corev1.EventTypeNormal, ReasonLoaded, "Rules of %s are in force (revision %s)", outcome.Source, outcome.Revision)
	case reload.Unchanged:
		log.Info("The source can be read again and says what is in force")
	case reload.Removed:
		r.reloads.DeletePartialMatch(prometheus.Labels{"source": outcome.Source})
		log.Info("Removed rules")
		r.event(outcome.Source, corev1.EventTypeNormal, ReasonRemoved, "Rules of %s are in force no more (revision %s)", outcome.Source, outcome.Revision)
	case reload.Refused, reload.Unreadable:
		log.Error(outcome.Err, "The last good rules stay in force")
		r.event(outcome.Source, corev1.EventTypeWarning, ReasonRefused, "%s: %v. The last good rules stay in force (revision %s)",
			outcome.Source, outcome.Err, outcome.Revision)
	}
}

// missing says that we serve without a source.
func (r *reporter) missing(source string, err error) {
	r.log.Error(err, "Serving without the rules of this source until it answers", "source", source)
	r.event(source, corev1.EventTypeWarning, ReasonMissing, "Serving without the rules of %s until it answers: %v", source, err)
}

// event is about our Deployment and related to the source. The recorder takes
// events for one another that differ in their text alone, and drops the later
// text: whoever mends a rule must see the second mistake too, so what the source
// said gets a version, which is a hash of the text.
func (r *reporter) event(source, kind, reason, format string, values ...any) {
	note := excerpt.Of(fmt.Sprintf(format, values...), excerpt.MaxNote)
	version := fnv.New64a()
	_, _ = version.Write([]byte(note)) // a hash never fails to write
	related := &corev1.ObjectReference{
		Kind: "PolicySource", Namespace: r.regarded.Namespace, Name: source, ResourceVersion: strconv.FormatUint(version.Sum64(), 16),
	}
	r.events.Eventf(r.regarded, related, kind, reason, "ReloadPolicies", "%s", note)
}
