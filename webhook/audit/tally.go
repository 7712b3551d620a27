package audit

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/webhook/excerpt"
	"github.com/inshore-dev/inshore/webhook/govern"
)

// RuleMissed is the rule of a report's entry about an object that admission has
// missed and that is not repaired: it is no rule of the policies, which judge
// the object as admission would have left it.
const RuleMissed = "missed-mutation"

const (
	// policyName is the policy of every entry, source who wrote the report.
	policyName = "inshore"
	source     = "inshore"
	// maxResults and maxText (in bytes, of each text of an entry) bound a report:
	// an object in etcd may take 1.5 MiB, and a rule may put into its message
	// whatever an object holds.
	maxResults = 500
	maxText    = 768
)

// finding names what metrics count.
type finding struct {
	rule     string
	severity policies.Severity
}

// tally is what one pass over a namespace finds. It keeps no more than a report
// can hold, however many objects there are.
type tally struct {
	namespace string
	objects   int
	clean     int
	// missed are not as admission would leave them; unrepaired are those of them
	// that stay so.
	missed, unrepaired int
	found              map[finding]int
	excepted           map[string]int
	// fails, warns and skips are the report's entries, the first maxResults of
	// each.
	fails, warns, skips []entry
	// denied are, by object, the rules that would refuse it.
	denied map[target]string
}

func newTally(namespace string) *tally {
	return &tally{namespace: namespace, found: map[finding]int{}, excepted: map[string]int{}, denied: map[target]string{}}
}

// add counts an inspection. unrepaired says why an object that admission missed
// stays as it is; empty if it is being repaired.
func (t *tally) add(i Inspection, unrepaired string) {
	t.objects++
	subject := refer(i.Object)
	if len(i.Mutation.Patch) > 0 {
		t.missed++
	}
	if unrepaired != "" {
		t.unrepaired++
		t.warns = limited(t.warns, missed(i, unrepaired))
	}
	for _, result := range i.Decision.Results {
		t.find(subject, result, i.Position.Followed)
	}
	trial := i.Policed()
	for _, result := range trial {
		t.find(subject, result, i.Position.Policy.Name)
	}
	for _, excepted := range i.Decision.Excepted {
		t.excepted[excepted.ID]++
		t.skips = limited(t.skips, exception(subject, excepted))
	}
	if len(i.Decision.Results) == 0 && len(i.Decision.Excepted) == 0 && len(trial) == 0 && unrepaired == "" {
		t.clean++
	}
	if errors := slices.Concat(i.Decision.Errors(), policies.Decision{Results: trial}.Errors()); len(errors) > 0 {
		t.denied[targetOf(i.Object)] = rules(errors)
	}
}

// find counts a result. policy is the NodeLocalPolicy that it is about, if any.
func (t *tally) find(subject reference, result policies.Result, policy string) {
	t.found[finding{result.ID, result.Severity}]++
	if result.Severity == policies.SeverityError {
		t.fails = limited(t.fails, by(policy, violation(subject, result, resultFail, severityHigh)))
	} else {
		t.warns = limited(t.warns, by(policy, violation(subject, result, resultWarn, severityMedium)))
	}
}

// by puts the name of the NodeLocalPolicy into an entry that is about one.
func by(policy string, e entry) entry {
	if policy != "" {
		e.Properties["policy"] = policy
	}
	return e
}

// Policed are the rules that keep the object from following the policy that holds
// for it. While the policy is not enforced they are warnings: nobody is refused
// anything yet.
func (i *Inspection) Policed() []policies.Result {
	p := i.Position
	if p.Policy == nil || p.Standing != govern.Violating {
		return nil
	}
	var results []policies.Result
	for _, result := range p.Trial.Errors() {
		if slices.ContainsFunc(p.Decision.Results, func(r policies.Result) bool { return r.ID == result.ID && r.Field == result.Field }) {
			continue
		}
		if p.Policy.Spec.Enforcement != v1alpha1.EnforcementEnforce {
			result.Severity = policies.SeverityWarning
		}
		result.Message = "under NodeLocalPolicy " + p.Policy.Name + ": " + result.Message
		results = append(results, result)
	}
	return results
}

func limited(entries []entry, next entry) []entry {
	if len(entries) >= maxResults {
		return entries
	}
	return append(entries, next)
}

// rules are the ids of results, each once.
func rules(results []policies.Result) string {
	ids := map[string]bool{}
	for _, result := range results {
		ids[result.ID] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(ids)), ", ")
}

// report is the namespace's report; errors come first, so that the cap cuts what
// matters least.
func (t *tally) report() *report {
	r := newReport(t.namespace)
	entries := slices.Concat(t.fails, t.warns, t.skips)
	r.Results = entries[:min(maxResults, len(entries))]
	r.Summary.Pass = t.clean
	for found, n := range t.found {
		if found.severity == policies.SeverityError {
			r.Summary.Fail += n
		} else {
			r.Summary.Warn += n
		}
	}
	r.Summary.Warn += t.unrepaired
	for _, n := range t.excepted {
		r.Summary.Skip += n
	}
	return r
}

func violation(subject reference, result policies.Result, outcome, severity string) entry {
	return entry{
		Policy: policyName, Rule: result.ID, Result: outcome, Severity: severity, Scored: outcome == resultFail,
		Subjects: []reference{subject}, Message: excerpt.Of(result.Message, maxText), Properties: properties(result),
	}
}

func properties(result policies.Result) map[string]string {
	p := map[string]string{}
	if result.Field != "" {
		p["field"] = excerpt.Of(result.Field, maxText)
	}
	if result.Remedy != "" {
		p["remedy"] = excerpt.Of(result.Remedy, maxText)
	}
	return p
}

// exception is a finding that does not count, and who answers for it.
func exception(subject reference, excepted policies.Excepted) entry {
	e := violation(subject, excepted.Result, resultSkip, severityInfo)
	e.Properties["exceptionOwner"] = excepted.Exception.Owner
	e.Properties["exceptionReason"] = excepted.Exception.Reason
	e.Properties["exceptionExpires"] = excepted.Exception.Expires.UTC().Format(time.RFC3339)
	e.Properties["exceptionPolicy"] = excepted.Policy
	return e
}

// missed is about an object that is not as admission would have left it.
func missed(i Inspection, why string) entry {
	var fields []string
	for _, change := range i.Mutation.Changes {
		fields = append(fields, change.Field)
	}
	return entry{
		Policy: policyName, Rule: RuleMissed, Result: resultWarn, Severity: severityMedium,
		Subjects: []reference{refer(i.Object)},
		Message: "Admission would write " + strings.Join(fields, ", ") + ", and has not: the object was written while the webhook did not answer, " +
			"or before it was installed. Not repaired: " + why + ".",
		Properties: map[string]string{"remedy": "Apply the object again, or run the webhook with --audit=repair."},
	}
}

// apiVersions are those of the two kinds; a mirrored object does not carry its own.
var apiVersions = map[v1alpha1.Kind]string{v1alpha1.KindService: "v1", v1alpha1.KindDaemonSet: "apps/v1"}
