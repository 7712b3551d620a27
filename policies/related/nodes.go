package related

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/inshore-dev/inshore/policies/input"
)

// nodes holds the cluster's nodes, and answers which of them DaemonSets reach.
//
// The answer is kept until a node's labels or taints change, which they rarely
// do: thousands of nodes are more than a review has the time to look at, and the
// DaemonSets of a cluster choose nodes in a handful of ways. It is safe for
// concurrent use.
type nodes struct {
	mu     sync.Mutex
	byName map[string]*input.Node
	// answers are by the hash of what the DaemonSets say of nodes, which may be
	// as long as its author likes.
	answers map[[sha256.Size]byte]*input.Reach
}

const (
	// namesMissed bounds the names in an answer: enough to see what the nodes
	// have in common.
	namesMissed = 3
	// answersKept bounds the answers. One that is full is emptied.
	answersKept = 1024
)

// PutNode adds or replaces a node. It reports whether the store now says
// something else: of a heartbeat it does not.
func (s *Store) PutNode(object *input.Node) (changed bool) {
	n := &s.nodes
	n.mu.Lock()
	defer n.mu.Unlock()
	name := object.Metadata.Name
	if old := n.byName[name]; old != nil && maps.Equal(old.Metadata.Labels, object.Metadata.Labels) &&
		slices.Equal(old.Spec.Taints, object.Spec.Taints) {
		return false
	}
	if n.byName == nil {
		n.byName = map[string]*input.Node{}
	}
	n.byName[name] = object
	clear(n.answers)
	return true
}

// DeleteNode removes a node; one that is not there is no error.
func (s *Store) DeleteNode(name string) {
	n := &s.nodes
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.byName, name)
	clear(n.answers)
}

func (n *nodes) each(visit func(namespace, name string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for name := range n.byName {
		visit("", name)
	}
}

// reach is the nodes that the DaemonSets reach between them; nil while no node
// is known. The answer is shared and must not be changed.
func (n *nodes) reach(daemonSets ...*input.DaemonSet) *input.Reach {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.byName) == 0 {
		return nil
	}
	choices := make([]choice, len(daemonSets))
	for i, daemonSet := range daemonSets {
		choices[i] = choiceOf(&daemonSet.Spec.Template.Spec)
	}
	text, err := json.Marshal(choices)
	if err != nil {
		panic(err) // texts only
	}
	key := sha256.Sum256(text)
	if known := n.answers[key]; known != nil {
		return known
	}
	if n.answers == nil || len(n.answers) >= answersKept {
		n.answers = map[[sha256.Size]byte]*input.Reach{}
	}
	answer := n.count(choices)
	n.answers[key] = answer
	return answer
}

func (n *nodes) count(choices []choice) *input.Reach {
	answer := &input.Reach{}
	for name, node := range n.byName {
		reached := slices.ContainsFunc(choices, func(c choice) bool { return c.takes(node) })
		switch {
		case reached:
			answer.Known++
			answer.Reached++
		case !controlPlane(node):
			answer.Known++
			answer.Missed = append(answer.Missed, name)
		}
	}
	slices.Sort(answer.Missed)
	answer.Missed = slices.Clip(answer.Missed[:min(namesMissed, len(answer.Missed))])
	return answer
}

// controlPlane reports whether a node of the control plane keeps ordinary pods
// away by its taint: there are no clients on it to speak of.
func controlPlane(node *input.Node) bool {
	return slices.ContainsFunc(node.Spec.Taints, func(t input.Taint) bool {
		return keepsAway(t) &&
			(t.Key == "node-role.kubernetes.io/control-plane" || t.Key == "node-role.kubernetes.io/master")
	})
}

// keepsAway reports whether a taint keeps pods away that do not tolerate it, for
// as long as the node is what it is. The DaemonSet controller has every pod
// tolerate what the cluster itself says of a node's state, and what autoscalers
// say comes with a node's last minutes.
func keepsAway(t input.Taint) bool {
	if t.Effect != "NoSchedule" && t.Effect != "NoExecute" {
		return false
	}
	switch t.Key {
	case "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/unregistered":
		return false
	}
	return !strings.HasPrefix(t.Key, "node.kubernetes.io/") && !strings.HasPrefix(t.Key, "node.cloudprovider.kubernetes.io/")
}
