package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/webhook/registration"
)

func TestVerdicts(t *testing.T) {
	f := newFixture(t, logr.Discard())
	containers := []any{"object", "spec", "template", "spec", "containers", 0}
	annotate := func(key, value string) func(map[string]any) {
		return func(request map[string]any) { at(request, "object", "metadata", "annotations")[key] = value }
	}
	hostPort := func(request map[string]any) {
		at(request, append(containers, "ports", 0)...)["hostPort"] = 11211
	}
	both := func(edits ...func(map[string]any)) func(map[string]any) {
		return func(request map[string]any) {
			for _, edit := range edits {
				edit(request)
			}
		}
	}
	same := func(map[string]any) {}
	// oldIsObject makes the update one that changes nothing.
	oldIsObject := func(request map[string]any) {
		request["oldObject"] = at(request, "object")
	}

	cases := map[string]struct {
		path, review string
		edit         func(map[string]any)
		allowed      bool
		patch        []string // in the patch
		code         int32
		message      []string // in the message
		warning      string   // in a warning
	}{
		"a Service that opts in is patched": {
			path: registration.PathMutateServices, review: "service-create.json", edit: same,
			allowed: true, patch: []string{`/spec/internalTrafficPolicy`, `"Local"`},
		},
		"a DaemonSet that opts in is patched": {
			path: registration.PathMutateDaemonSets, review: "daemonset-create.json", edit: same,
			allowed: true, patch: []string{`maxSurge`},
		},
		"a mutation leaves an annotation that cannot be read to validation": {
			path: registration.PathMutateDaemonSets, review: "daemonset-create.json",
			edit: annotate("inshore.dev/max-surge", "many"), allowed: true,
		},
		"a mutation leaves an object alone that is being deleted": {
			path: registration.PathMutateDaemonSets, review: "daemonset-update.json",
			edit: func(request map[string]any) {
				at(request, "object", "metadata")["deletionTimestamp"] = "2026-03-14T09:26:53Z"
			},
			allowed: true,
		},
		"a DaemonSet without fault is allowed": {
			path: registration.PathValidateDaemonSets, review: "daemonset-create.json", edit: mutated,
			allowed: true,
		},
		"a hostPort is forbidden, with rule, field and remedy": {
			path: registration.PathValidateDaemonSets, review: "daemonset-create.json", edit: hostPort,
			code: http.StatusForbidden, message: []string{"ISH201", "spec.template.spec.containers[0].ports[0].hostPort", ". "},
		},
		"every violation is listed": {
			path: registration.PathValidateDaemonSets, review: "daemonset-create.json",
			edit: both(hostPort, func(request map[string]any) {
				for i := range 2 {
					delete(at(request, "object", "spec", "template", "spec", "containers", i), "readinessProbe")
				}
			}),
			code: http.StatusForbidden, message: []string{"2 violations:\n- ISH201", "\n- ISH204"},
		},
		"an annotation that cannot be read is invalid, with what is allowed": {
			path: registration.PathValidateServices, review: "service-create.json",
			edit: annotate("inshore.dev/node-local", "requird"),
			code: http.StatusUnprocessableEntity, message: []string{"ISH002 metadata.annotations[inshore.dev/node-local]: Unsupported value", "requird", "required"},
		},
		"an unknown annotation key is invalid": {
			path: registration.PathValidateServices, review: "service-create.json",
			edit: annotate("inshore.dev/node-locl", "required"),
			code: http.StatusUnprocessableEntity, message: []string{"ISH002", "inshore.dev/node-locl", "inshore.dev/node-local"},
		},
		"an update that changes nothing is warned, not refused": {
			path: registration.PathValidateDaemonSets, review: "daemonset-update.json", edit: both(hostPort, oldIsObject),
			allowed: true, warning: "ISH201",
		},
		"a faulty object that is being deleted is allowed": {
			path: registration.PathValidateDaemonSets, review: "daemonset-update.json",
			edit: both(hostPort, func(request map[string]any) {
				at(request, "object", "metadata")["deletionTimestamp"] = "2026-03-14T09:26:53Z"
			}),
			allowed: true,
		},
		"a deletion that a widened rule sends passes": {
			path: registration.PathValidateDaemonSets, review: "daemonset-update.json",
			edit: func(request map[string]any) { request["operation"], request["object"] = "DELETE", nil }, allowed: true,
		},
		"a subresource that a widened rule sends passes": {
			path: registration.PathMutateDaemonSets, review: "daemonset-update.json",
			edit: func(request map[string]any) { request["subResource"] = "status" }, allowed: true,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			body := edited(t, c.review, c.edit)
			got := f.review(t, c.path, body)
			var sent struct{ Request struct{ UID string } }
			if err := json.Unmarshal(body, &sent); err != nil {
				t.Fatal(err)
			}
			if string(got.UID) != sent.Request.UID {
				t.Errorf("uid %q, want %q", got.UID, sent.Request.UID)
			}
			if got.Allowed != c.allowed {
				t.Fatalf("allowed %v, want %v: %+v", got.Allowed, c.allowed, got.Result)
			}
			for _, want := range c.patch {
				if !strings.Contains(string(got.Patch), want) {
					t.Errorf("patch %s lacks %s", got.Patch, want)
				}
			}
			if len(c.patch) == 0 && got.Patch != nil || len(c.patch) > 0 && (got.PatchType == nil || *got.PatchType != "JSONPatch") {
				t.Errorf("patch %s of type %v", got.Patch, got.PatchType)
			}
			if c.warning != "" && !strings.Contains(strings.Join(got.Warnings, "\n"), c.warning) {
				t.Errorf("warnings %q lack %s", got.Warnings, c.warning)
			}
			if c.allowed {
				return
			}
			if got.Result.Code != c.code || got.Result.Status != "Failure" {
				t.Errorf("status %+v, want code %d", got.Result, c.code)
			}
			for _, want := range c.message {
				if !strings.Contains(got.Result.Message, want) {
					t.Errorf("message %q lacks %q", got.Result.Message, want)
				}
			}
			if details := got.Result.Details; details == nil || len(details.Causes) == 0 || details.Name != "mcrouter" ||
				details.Causes[0].Field == "" || details.Causes[0].Message == "" || !strings.HasPrefix(string(details.Causes[0].Type), "ISH") {
				t.Errorf("details %+v", details)
			}
		})
	}
}

// mutated is the DaemonSet as the mutation before leaves it.
func mutated(request map[string]any) {
	at(request, "object", "spec", "updateStrategy")["rollingUpdate"] = map[string]any{"maxSurge": 1, "maxUnavailable": 0}
	at(request, "object", "spec", "template", "spec")["terminationGracePeriodSeconds"] = 45
	for i := range 2 {
		at(request, "object", "spec", "template", "spec", "containers", i)["lifecycle"] = map[string]any{
			"preStop": map[string]any{"sleep": map[string]any{"seconds": 15}},
		}
	}
}

func TestPatchDoesNotDependOnDryRun(t *testing.T) {
	f := newFixture(t, logr.Discard())
	wet := f.review(t, registration.PathMutateDaemonSets, testdata(t, "daemonset-create.json"))
	dry := f.review(t, registration.PathMutateDaemonSets, edited(t, "daemonset-create.json", func(request map[string]any) {
		request["dryRun"] = true
	}))
	if string(wet.Patch) != string(dry.Patch) {
		t.Errorf("wet %s\ndry %s", wet.Patch, dry.Patch)
	}
}

func TestReviewsAndViolationsAreCounted(t *testing.T) {
	f := newFixture(t, logr.Discard())
	f.review(t, registration.PathMutateDaemonSets, testdata(t, "daemonset-create.json"))
	f.review(t, registration.PathValidateServices, edited(t, "service-update.json", func(request map[string]any) {
		at(request, "object", "metadata", "annotations")["inshore.dev/balance"] = "best"
	}))
	f.post(registration.PathValidateServices, []byte("{"))
	if got := f.counted(t, "inshore_admission_violations_total"); len(got) != 1 || got["ISH002 error"] != 1 {
		t.Errorf("violations %v", got)
	}
	// The labels are in alphabetical order: kind, operation, outcome, webhook.
	got := f.counted(t, "inshore_admission_reviews_total")
	for _, series := range []string{"DaemonSet CREATE patched mutate", "Service UPDATE denied validate", "Service  refused validate"} {
		if got[series] != 1 {
			t.Errorf("%q is %v, want 1; all: %v", series, got[series], got)
		}
	}
	if len(got) != 3 {
		t.Errorf("got %v, want three series", got)
	}
}
