package decisionlog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/input"
)

// Version is the version of the form of an [Entry].
const Version = "v1"

// Entry is one line of the log.
type Entry struct {
	Version string    `json:"version"`
	Time    time.Time `json:"time"`
	// UID is the admission request's: the API server's audit log has it too.
	UID       string          `json:"uid"`
	Operation input.Operation `json:"operation"`
	DryRun    bool            `json:"dryRun,omitempty"`
	Kind      v1alpha1.Kind   `json:"kind"`
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	Allowed   bool            `json:"allowed"`
	// Revision is the content hash of the rules that decided.
	Revision string    `json:"revision"`
	Findings []Finding `json:"findings"`
	// Excepted are the ids of rules that an exception let pass.
	Excepted []string `json:"excepted,omitempty"`
	// Grace are the ids of rules that only warned because their exception had
	// expired lately.
	Grace []string `json:"grace,omitempty"`
	// LatencyMicros is the time from the review's arrival to its answer, in
	// microseconds.
	LatencyMicros int64 `json:"latencyMicros"`
	// Digest is sha256: and the hash of Input as it stands in the line.
	Digest string `json:"digest"`
	// Input is the masked document.
	Input json.RawMessage `json:"input"`
}

// Finding is a result without its words, which the rules have.
type Finding struct {
	ID       string            `json:"id"`
	Severity policies.Severity `json:"severity"`
	Field    string            `json:"field,omitempty"`
}

// Findings are results as a log keeps them, in their order.
func Findings(results []policies.Result) []Finding {
	findings := make([]Finding, len(results))
	for i, result := range results {
		findings[i] = Finding{ID: result.ID, Severity: result.Severity, Field: result.Field}
	}
	return findings
}

// entry is the line for a record. The document is encoded here, away from the
// handler.
func (r *Record) entry() (*Entry, error) {
	masked, err := json.Marshal(mask(r.Document))
	if err != nil {
		return nil, fmt.Errorf("encoding the document of review %s: %w", r.UID, err)
	}
	entry := &Entry{
		Version: Version, Time: r.Time, UID: r.UID, Operation: r.Document.Operation, DryRun: r.DryRun,
		Kind: r.Document.Object.Kind(), Namespace: r.Document.Namespace.Name, Name: r.Name,
		Allowed: !r.Decision.Denied(), Revision: r.Decision.Revision, Findings: Findings(r.Decision.Results),
		Grace: r.Decision.Grace, LatencyMicros: r.Latency.Microseconds(), Digest: digest(masked), Input: masked,
	}
	for _, excepted := range r.Decision.Excepted {
		entry.Excepted = append(entry.Excepted, excepted.ID)
	}
	return entry, nil
}

func digest(document []byte) string {
	sum := sha256.Sum256(document)
	return "sha256:" + hex.EncodeToString(sum[:])
}
