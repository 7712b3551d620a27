package cluster

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Where the control plane has the files about auditing, below /var.
const (
	auditPolicy = confDir + "/audit-policy.yaml"
	auditLog    = "log/audit.log"
)

// Request is one request to the API server, as its audit log has it.
type Request struct {
	User string
	// Agent is what the client calls itself: its program's name, and more.
	Agent string
	Verb  string
	// Group, Resource and Subresource are empty for a path that is no resource's.
	Group, Resource, Subresource string
	// Namespace and Name are empty where the request names none. A list or watch
	// of one object by its name has that name.
	Namespace, Name string
	// Forbidden reports that authorization refused it. What admission refuses was
	// authorized before.
	Forbidden bool
	// Code is the answer's, 0 for a watch that goes on.
	Code int
}

// auditArgs are the API server's flags for [Config.Audited].
func (c Config) auditArgs() []string {
	if len(c.Audited) == 0 {
		return nil
	}
	return []string{"--audit-policy-file=/var/" + auditPolicy, "--audit-log-path=/var/" + auditLog, "--audit-log-maxsize=2000"}
}

// controlPlaneFiles are the files that the API server's flags name.
func (c Config) controlPlaneFiles() map[string]string {
	files := map[string]string{}
	for name, content := range c.ControlPlaneFiles {
		files[name] = content
	}
	if len(c.Audited) > 0 {
		files[auditPolicy] = fmt.Sprintf(`apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: [%s]
  - level: None
`, `"`+strings.Join(c.Audited, `", "`)+`"`)
	}
	return files
}

// Requests are those that the users of [Config.Audited] have made so far, in the
// order of their answers. A watch is there once when it began and once when it ended.
func (c *Cluster) Requests() ([]Request, error) {
	file, err := os.Open(filepath.Join(c.machineDir(controlPlaneName), "var", auditLog))
	if errors.Is(err, os.ErrNotExist) && len(c.config.Audited) > 0 {
		return nil, nil // The API server makes the file with the first of them.
	}
	if err != nil {
		return nil, fmt.Errorf("open the API server's audit log: %w", err)
	}
	defer file.Close()
	var requests []Request
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		request, err := parseRequest(lines.Bytes())
		if err != nil {
			return nil, err
		}
		requests = append(requests, request)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the API server's audit log: %w", err)
	}
	return requests, nil
}

// parseRequest reads one event of audit.k8s.io/v1.
func parseRequest(line []byte) (Request, error) {
	var event struct {
		Verb string
		User struct {
			Username string
		}
		UserAgent string
		ObjectRef struct {
			APIGroup, Resource, Subresource, Namespace, Name string
		}
		ResponseStatus struct {
			Code int
		}
		Annotations map[string]string
	}
	if err := json.Unmarshal(line, &event); err != nil {
		return Request{}, fmt.Errorf("read the API server's audit log: %w in %q", err, line)
	}
	return Request{
		User: event.User.Username, Agent: event.UserAgent, Verb: event.Verb,
		Group: event.ObjectRef.APIGroup, Resource: event.ObjectRef.Resource, Subresource: event.ObjectRef.Subresource,
		Namespace: event.ObjectRef.Namespace, Name: event.ObjectRef.Name,
		Forbidden: event.Annotations["authorization.k8s.io/decision"] == "forbid", Code: event.ResponseStatus.Code,
	}, nil
}
