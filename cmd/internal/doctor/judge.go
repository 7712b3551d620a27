package doctor

import (
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Judge says what the facts amount to.
func Judge(f *Facts) *Report {
	r := &Report{Groups: []Group{judgeCluster(f), judgeWebhook(f), judgeAdmission(f), judgeNodeLocal(f), judgeAgent(f)}}
	if f.hasAgent() {
		r.Groups = append(r.Groups, judgeNodes(f), judgeDaemons(f))
	}
	r.Healthy = r.Worst() == OK
	return r
}

// hasAgent reports whether the node agent is part of this installation, as far
// as it is known.
func (f *Facts) hasAgent() bool { return f.DaemonSet.Err != nil || f.DaemonSet.Value != nil }

func judgeCluster(f *Facts) Group {
	g := Group{Name: "Cluster"}
	const name = "Kubernetes"
	version := f.Kubernetes
	switch {
	case version.Err != nil:
		g.unknown(name, version.Err)
	case !version.Value.AtLeast(v1alpha1.OldestSupported):
		g.add(name, Problem, "upgrade: matchConditions and the node's name in tokens are missing before", "%v, older than %v", version.Value, v1alpha1.OldestSupported)
	case !version.Value.AtLeast(v1alpha1.PreferSameNodeSince):
		g.add(name, OK, "", "%v; `preferred` means the same zone before %v", version.Value, v1alpha1.PreferSameNodeSince)
	default:
		g.add(name, OK, "", "%v", version.Value)
	}
	return g
}
