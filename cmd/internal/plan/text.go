package plan

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/output"
)

// WriteJSON writes the plan for programs.
func (p *Plan) WriteJSON(w io.Writer) error { return output.JSON(w, p) }

// writer writes for people.
type writer struct {
	*bufio.Writer
	color bool
}

func (t writer) paint(color output.Color, s string) string {
	if !t.color {
		return s
	}
	return color.Paint(s)
}

func (t writer) line(format string, args ...any) { fmt.Fprintf(t, format+"\n", args...) }

// WriteText writes the plan for people, policy by policy and then in the order in
// which objects are changed.
func (p *Plan) WriteText(w io.Writer, color bool) error {
	out := writer{bufio.NewWriter(w), color}
	for i := range p.Policies {
		out.policy(&p.Policies[i])
	}
	for _, note := range p.Notes {
		out.line("%s %s", out.paint(output.Yellow, "??"), output.Printable(note))
	}
	out.line("%s", p.summary(out))
	// A Writer of bufio keeps its first error for Flush.
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

// states are what a proposal makes of a policy, in words.
var states = map[Change]string{
	"":      "%s, as it is in the cluster",
	Applied: "%s, as proposed",
	Off:     "%s: switched off, as proposed",
	Deleted: "deleted, as proposed",
}

func (t writer) policy(p *Policy) {
	state := states[p.Change]
	switch {
	case p.Enforcement != "" && p.Change != Deleted:
		state = fmt.Sprintf(state, p.Enforcement)
	case p.Change == "":
		state = "not in the cluster any more"
	}
	t.line("%s (%s)", t.paint(output.Bold, "NodeLocalPolicy "+p.Name), state)
	if p.Problem != "" {
		t.line("  %s holds for nothing: %s", t.paint(output.Red, "!!"), output.Printable(p.Problem))
	}
	if len(p.Guarded) > 0 {
		t.line("  leaves out %s: name them in namespaceSelector by kubernetes.io/metadata.name if you mean them", strings.Join(p.Guarded, ", "))
	}
	t.line("  %s", p.counts())
	if len(p.Changes) > 0 {
		t.line("  %s", p.pace())
	}
	t.line("")
	t.changes(p.Changes)
	t.violations(p)
	if len(p.OptedOut) > 0 {
		t.line("  Opted out, and left alone:")
		for _, object := range p.OptedOut {
			t.line("    %s", object)
		}
		t.line("")
	}
	if len(p.Elsewhere) > 0 {
		t.line("  Chosen, but another policy holds:")
		for _, e := range p.Elsewhere {
			t.line("    %s: NodeLocalPolicy %s, %s", e.Object, e.Policy, e.Why)
		}
		t.line("")
	}
}

// counts are one line about the policy.
func (p *Policy) counts() string {
	parts := []string{fmt.Sprintf("%d follow it", p.Follows)}
	undo := 0
	for _, change := range p.Changes {
		if change.Undo {
			undo++
		}
	}
	if n := len(p.Changes) - undo; n > 0 {
		parts = append(parts, fmt.Sprintf("%d to change", n))
	}
	if undo > 0 {
		parts = append(parts, fmt.Sprintf("%d to undo", undo))
	}
	if p.Unenforced > 0 {
		parts = append(parts, fmt.Sprintf("%d would be changed under Enforce", p.Unenforced))
	}
	if n := len(p.Violating); n > 0 {
		parts = append(parts, fmt.Sprintf("%d would break a rule", n))
	}
	if n := len(p.OptedOut); n > 0 {
		parts = append(parts, fmt.Sprintf("%d opted out", n))
	}
	return fmt.Sprintf("holds for %s: %s", output.Count(p.Matched, "object"), strings.Join(parts, ", "))
}

// pace is one line about how long it takes.
func (p *Policy) pace() string {
	line := fmt.Sprintf("%d objects a minute, so %v at the least", p.Rollout.ObjectsPerMinute, time.Duration(p.Seconds)*time.Second)
	daemonSets, pods := 0, int32(0)
	for _, change := range p.Changes {
		if change.Restarts {
			daemonSets++
			pods += change.Pods
		}
	}
	if daemonSets > 0 {
		line += fmt.Sprintf("; replaces %s of %s, with no more than %d of them short of a pod at once",
			output.Count(int(pods), "pod"), output.Count(daemonSets, "DaemonSet"), p.Rollout.MaxUnreadyDaemonSets)
	}
	if p.Rollout.Paused {
		line += "; paused now"
	}
	return line
}

func (t writer) changes(changes []ObjectChange) {
	namespace := ""
	for i, change := range changes {
		if change.Namespace != namespace || i == 0 {
			namespace = change.Namespace
			t.line("  %s", t.paint(output.Bold, namespace))
		}
		does := ""
		if change.Undo {
			does = ", undone"
		}
		if change.Restarts {
			does += fmt.Sprintf(", which replaces its %s", output.Count(int(change.Pods), "pod"))
		}
		t.line("  %4d  %s %s%s", i+1, change.Kind, change.Name, does)
		for _, f := range change.Fields {
			if !strings.HasPrefix(f.Field, "metadata.annotations[") {
				t.line("          %s: %s → %s", output.Printable(f.Field), value(f.From), value(f.To))
			}
		}
		t.gap(change)
	}
	if len(changes) > 0 {
		t.line("")
	}
}

// gap tells of what the change makes worse.
func (t writer) gap(change ObjectChange) {
	for _, name := range change.Gap {
		t.line("          %s DaemonSet %s behind it stays without a surge: calls from a node fail while a rollout replaces its pod there",
			t.paint(output.Yellow, "!!"), name)
	}
}

// value is a JSON value, or that there is none.
func value(v json.RawMessage) string {
	if v == nil {
		return "none"
	}
	return output.Printable(string(v))
}

func (t writer) violations(p *Policy) {
	if len(p.Violating) == 0 {
		return
	}
	t.line("  Left as they are, because under the policy they would break a rule:")
	for _, v := range p.Violating {
		for _, result := range v.Results {
			t.line("    %s  %s  %s", t.paint(output.Red, result.ID), v.Object, output.Printable(result.Message))
			if result.Remedy != "" {
				t.line("      %s %s", t.paint(output.Green, "Fix:"), output.Printable(result.Remedy))
			}
		}
	}
	if p.OptOut != v1alpha1.OptOutForbidden {
		t.line("    To leave one out for good, annotate it %s: %s.", v1alpha1.AnnotationNodeLocal, v1alpha1.NodeLocalDisabled)
	}
	t.line("")
}

// String is kind, namespace and name, as messages have it.
func (o Object) String() string { return fmt.Sprintf("%s %s/%s", o.Kind, o.Namespace, o.Name) }

func (p *Plan) summary(t writer) string {
	s := p.Summary
	if len(p.Policies) == 0 {
		return "There is no NodeLocalPolicy in the cluster, and none was proposed: nothing to change."
	}
	if p.Empty() {
		return fmt.Sprintf("Nothing to change among %s; %d would break a rule, %d opted out.", output.Count(s.Objects, "object"), s.Violating, s.OptedOut)
	}
	return fmt.Sprintf("%s in %s to change, %d of them to undo; %s replaced, %d left as they would break a rule, %d opted out. Nothing has been changed.",
		t.paint(output.Bold, output.Count(s.Change, "object")), output.Count(s.Namespaces, "namespace"), s.Undo, output.Count(int(s.Pods), "pod"), s.Violating, s.OptedOut)
}
