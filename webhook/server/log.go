package server

import (
	"time"

	"github.com/go-logr/logr"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// decision is what a decision's log line says besides the verdict.
type decision struct {
	subject   subject
	phase     phase
	uid       string
	operation input.Operation
	dryRun    bool
	duration  time.Duration
}

// logDecision writes one line: refusals always, everything else at V(1), where
// the cost of the line is not paid unless somebody asked for it.
func logDecision(log logr.Logger, v *verdict, d decision) {
	message := "Allowed"
	if v.allowed {
		if log = log.V(1); !log.Enabled() {
			return
		}
	} else {
		message = "Denied"
	}
	log.Info(message,
		"webhook", d.phase,
		"operation", d.operation,
		"kind", d.subject.kind.Kind,
		"namespace", d.subject.namespace,
		"name", d.subject.name,
		"uid", d.uid,
		"allowed", v.allowed,
		"outcome", v.outcome,
		"rules", ruleIDs(v.decision.Results),
		"patchOps", v.ops,
		"revision", v.decision.Revision,
		"dryRun", d.dryRun,
		"duration", d.duration,
	)
}

// ruleIDs are the ids of the results in their order.
func ruleIDs(results []policies.Result) []string {
	ids := make([]string, 0, len(results))
	for _, result := range results {
		ids = append(ids, result.ID)
	}
	return ids
}
