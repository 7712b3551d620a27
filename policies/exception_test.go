package policies_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// expiry is when the exceptions of these tests end.
var expiry = time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)

func exceptionFor(rule string, expires time.Time) v1alpha1.Exception {
	return v1alpha1.Exception{
		Rule: rule, Owner: "team cache", Reason: "until the move", Expires: metav1.NewTime(expires),
		Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindDaemonSet, Namespace: "core", Name: "mcrouter"},
	}
}

func policyWith(name string, exceptions ...v1alpha1.Exception) *v1alpha1.NodeLocalPolicy {
	return &v1alpha1.NodeLocalPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.NodeLocalPolicySpec{Exceptions: exceptions}}
}

func findings() []policies.Result {
	return []policies.Result{
		{ID: "ISH201", Severity: policies.SeverityError, Field: "a", Message: "A host port."},
		{ID: "ISH201", Severity: policies.SeverityError, Field: "b", Message: "Another."},
		{ID: "ISH207", Severity: policies.SeverityWarning, Field: "c", Message: "No wait."},
	}
}

// outcome is what became of findings, one line each.
func outcome(d policies.Decision) []string {
	var lines []string
	for _, r := range d.Results {
		lines = append(lines, string(r.Severity)+" "+r.ID+" "+r.Field+": "+r.Message)
	}
	for _, e := range d.Excepted {
		lines = append(lines, "excepted "+e.ID+" "+e.Field+" by "+e.Exception.Owner+" in "+e.Policy)
	}
	return lines
}

func TestExceptions(t *testing.T) {
	var (
		host, other = "error ISH201 a: A host port.", "error ISH201 b: Another."
		wait        = "warning ISH207 c: No wait."
		untouched   = []string{host, other, wait}
		both        = []string{wait, "excepted ISH201 a by team cache in one", "excepted ISH201 b by team cache in one"}
		grace       = "Its exception expired on 2027-03-01, from 2027-03-08 on this is refused (team cache): "
		after       = "Its exception expired on 2027-03-01 (team cache): "
		warned      = []string{"warning ISH201 a: " + grace + "A host port.", "warning ISH201 b: " + grace + "Another.", wait}
		refused     = []string{"error ISH201 a: " + after + "A host port.", "error ISH201 b: " + after + "Another.", wait}
	)
	mcrouter := &input.DaemonSet{Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"}}
	tests := map[string]struct {
		policies []*v1alpha1.NodeLocalPolicy
		object   input.Object
		now      time.Time
		want     []string
	}{
		"if nobody made exceptions, nothing is excepted": {nil, mcrouter, expiry, untouched},
		"if it has not expired, every finding of its rule passes and no other": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry.AddDate(-1, 0, 0), both},
		"if it ends in the next nanosecond, it still holds": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry.Add(-1), both},
		"if it ends now, it only warns": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry, warned},
		"if the week ends in the next nanosecond, it only warns": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry.Add(policies.ExceptionGrace - 1), warned},
		"if the week ends now, it is refused": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry.Add(policies.ExceptionGrace), refused},
		"if it expired years ago, it is refused": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))}, mcrouter, expiry.AddDate(9, 0, 0), refused},
		"if one of two has expired, the other counts": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("old", exceptionFor("ISH201", expiry.AddDate(-1, 0, 0))), policyWith("one", exceptionFor("ISH201", expiry))},
			mcrouter, expiry.Add(-1), both},
		"if both are in one policy in the other order, the later counts": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry), exceptionFor("ISH201", expiry.AddDate(-1, 0, 0)))},
			mcrouter, expiry.Add(-1), both},
		"if a warning's exception has expired, it warns as it did": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH207", expiry))}, mcrouter, expiry,
			[]string{host, other, "warning ISH207 c: " + after + "No wait."}},
		"if a warning is excepted, it is not shown": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH207", expiry))}, mcrouter, expiry.Add(-1),
			[]string{host, other, "excepted ISH207 c by team cache in one"}},
		"if it is for another name, it does not count": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))},
			&input.DaemonSet{Metadata: input.Metadata{Namespace: "core", Name: "mcrouter2"}}, expiry.Add(-1), untouched},
		"if it is for another namespace, it does not count": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))},
			&input.DaemonSet{Metadata: input.Metadata{Namespace: "edge", Name: "mcrouter"}}, expiry.Add(-1), untouched},
		"if it is for another kind, it does not count": {
			[]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))},
			&input.Service{Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"}}, expiry.Add(-1), untouched},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			decision := policies.Decision{Results: findings()}
			policies.NewExceptions(test.policies).Apply(test.object, test.now, &decision)
			if diff := cmp.Diff(test.want, outcome(decision)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBeReadHasNoException(t *testing.T) {
	for _, rule := range []string{policies.IDMalformed, policies.IDAnnotation} {
		exceptions := policies.NewExceptions([]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor(rule, expiry))})
		decision := policies.Decision{Results: []policies.Result{{ID: rule, Severity: policies.SeverityError}}}
		exceptions.Apply(&input.DaemonSet{Metadata: input.Metadata{Namespace: "core", Name: "mcrouter"}}, expiry.Add(-1), &decision)
		if !decision.Denied() || len(decision.Excepted) > 0 {
			t.Errorf("%s was excepted", rule)
		}
	}
}

func TestNoExceptionsAreNone(t *testing.T) {
	var none *policies.Exceptions
	decision := policies.Decision{Results: findings()}
	none.Apply(&input.DaemonSet{}, expiry, &decision)
	if len(decision.Results) != len(findings()) {
		t.Errorf("results are %v", decision.Results)
	}
	if none.Turned(time.Time{}, expiry) {
		t.Error("an exception turned that is not there")
	}
}

func TestExceptionsTurnWhenTheyExpireAndAWeekLater(t *testing.T) {
	exceptions := policies.NewExceptions([]*v1alpha1.NodeLocalPolicy{policyWith("one", exceptionFor("ISH201", expiry))})
	end := expiry.Add(policies.ExceptionGrace)
	tests := map[string]struct {
		after, until time.Time
		want         bool
	}{
		"if it is before the day, nothing turns":       {expiry.Add(-2), expiry.Add(-1), false},
		"if the day comes, it turns":                   {expiry.Add(-1), expiry, true},
		"if the day has come already, nothing turns":   {expiry, end.Add(-1), false},
		"if the week ends, it turns":                   {end.Add(-1), end, true},
		"if the week has ended already, nothing turns": {end, end.AddDate(1, 0, 0), false},
		"if both are long between, it turns":           {expiry.Add(-1), end.AddDate(1, 0, 0), true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := exceptions.Turned(test.after, test.until); got != test.want {
				t.Errorf("turned: %t, want %t", got, test.want)
			}
		})
	}
}
