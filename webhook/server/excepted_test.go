package server

import (
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/registration"
	"github.com/inshore-dev/inshore/webhook/validate"
)

// exceptedAt is the handler at a time, with the DaemonSet of testdata excepted
// from ISH201 until the end of May.
func exceptedAt(t *testing.T, now time.Time) *fixture {
	t.Helper()
	engine, err := policies.New(policies.Config{})
	if err != nil {
		t.Fatal(err)
	}
	exceptions := policies.NewExceptions([]*v1alpha1.NodeLocalPolicy{{
		ObjectMeta: metav1.ObjectMeta{Name: "migration"},
		Spec: v1alpha1.NodeLocalPolicySpec{Exceptions: []v1alpha1.Exception{{
			Rule: "ISH201", Owner: "team \"cache\"", Reason: "until the move", Expires: metav1.NewTime(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)),
			Object: v1alpha1.ObjectReference{Kind: v1alpha1.KindDaemonSet, Namespace: "core", Name: "mcrouter"},
		}}},
	}})
	registry := prometheus.NewRegistry()
	handler, err := NewHandler(Config{
		Platform: func() v1alpha1.Platform { return v1alpha1.Platform{Kubernetes: v1alpha1.Version{Major: 1, Minor: 36}} },
		Rules:    func() validate.Rules { return validate.Rules{Engine: engine, Exceptions: exceptions, Now: now} },
		Related:  &related.Store{}, Metrics: NewMetrics(registry), Log: logr.Discard(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &fixture{handler: handler, registry: registry}
}

func TestAnExceptionIsUsedVisibly(t *testing.T) {
	hostPorts := edited(t, "daemonset-create.json", func(request map[string]any) {
		for container := range 2 {
			at(request, "object", "spec", "template", "spec", "containers", container, "ports", 0)["hostPort"] = 11211 + container
		}
	})
	tests := map[string]struct {
		now     time.Time
		allowed bool
		warning string
		audited string
		used    float64
	}{
		"if it is in force, the object passes, with a word about it": {
			now: time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC), allowed: true, used: 2,
			warning: `excepted until 2026-06-01 by team "cache", see NodeLocalPolicy migration`,
			audited: `owner="team \"cache\"" expires=2026-06-01 policy=migration`,
		},
		"if it has expired, the object passes for a week, with a warning": {
			now: time.Date(2026, 6, 7, 0, 0, 0, 0, time.UTC), allowed: true, warning: "Its exception expired on 2026-06-01, from 2026-06-08 on this is refused",
		},
		"if it expired a week ago, the object is refused": {
			now: time.Date(2026, 6, 8, 0, 0, 0, 0, time.UTC),
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := exceptedAt(t, test.now)
			response := f.review(t, registration.PathValidateDaemonSets, hostPorts)
			if response.Allowed != test.allowed {
				t.Errorf("allowed is %t; %v", response.Allowed, response.Result)
			}
			// kubectl shows a long warning in two pieces.
			if warnings := strings.Join(response.Warnings, " "); !strings.Contains(warnings, test.warning) {
				t.Errorf("warnings %q, want %q among them", response.Warnings, test.warning)
			}
			if test.used > 0 && strings.Count(strings.Join(response.Warnings, "\n"), "excepted until") != 1 {
				t.Errorf("warnings %q, want one for the rule", response.Warnings)
			}
			if audited := response.AuditAnnotations["excepted"]; !strings.Contains(audited, test.audited) || (audited != "") != (test.audited != "") {
				t.Errorf("audited %q, want %q", audited, test.audited)
			}
			// The labels are in alphabetical order: policy, rule.
			if used := f.counted(t, "inshore_exceptions_used_total")["migration ISH201"]; used != test.used {
				t.Errorf("the metric says %v used, want %v", used, test.used)
			}
		})
	}
}
