package scale

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
)

// auditLog is an API server's record of what one user wrote.
type auditLog struct {
	user, policy, file string
}

// newAuditLog puts the policy into a folder, where the log will be too. The API
// server's machine must see the folder: not one below /var or /run.
func newAuditLog(folder, user string) (auditLog, error) {
	l := auditLog{user: user, policy: filepath.Join(folder, "policy.yaml"), file: filepath.Join(folder, "audit.log")}
	text := fmt.Sprintf(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, users: [%q], verbs: [create, update, patch, delete, deletecollection]}
  - {level: None}
`, user)
	if err := os.WriteFile(l.policy, []byte(text), 0o644); err != nil {
		return l, fmt.Errorf("writing the audit policy: %w", err)
	}
	return l, nil
}

// flags are those of kube-apiserver.
func (l auditLog) flags() []string {
	return []string{"--audit-policy-file=" + l.policy, "--audit-log-path=" + l.file, "--audit-log-mode=blocking"}
}

// write is one request of the user that changes something.
type write struct {
	verb, resource, namespace, name string
	code                            int
	// at is when the API server received it.
	at time.Time
}

func (w write) String() string {
	return fmt.Sprintf("%s %s %s/%s: %d", w.verb, w.resource, w.namespace, w.name, w.code)
}

// writes are the user's, in the order in which they ended.
func (l auditLog) writes() ([]write, error) {
	text, err := os.ReadFile(l.file)
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	return parseWrites(string(text), l.user)
}

// parseWrites reads audit.k8s.io/v1 events, one a line. A line without its end is
// still being written.
func parseWrites(text, user string) ([]write, error) {
	changing := sets.New("create", "update", "patch", "delete", "deletecollection")
	var all []write
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			break
		}
		var event struct {
			Verb      string
			User      struct{ Username string }
			ObjectRef struct{ Resource, Subresource, Namespace, Name, APIGroup string }

			ResponseStatus           struct{ Code int }
			RequestReceivedTimestamp time.Time
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			return nil, fmt.Errorf("reading the audit log: %w", err)
		}
		if event.User.Username != user || !changing.Has(event.Verb) {
			continue
		}
		ref := event.ObjectRef
		resource := strings.TrimSuffix(ref.Resource+"."+ref.APIGroup, ".")
		if ref.Subresource != "" {
			resource += "/" + ref.Subresource
		}
		all = append(all, write{event.Verb, resource, ref.Namespace, ref.Name, event.ResponseStatus.Code, event.RequestReceivedTimestamp})
	}
	return all, nil
}
