package agent

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// pod is a gated pod that is fit to serve by the index of a commit.
type pod struct {
	name     types.NamespacedName
	uid      types.UID
	seen     time.Time
	services []types.NamespacedName
	// routed is whether every frontend of its Services leads to it.
	routed bool
}

// fitness is since when a pod has been fit.
type fitness struct {
	uid  types.UID
	seen time.Time
}

// fitPods are the pods whose gates may open once the index as it is now is
// committed: their containers are ready, and so are the other gates if a Service
// of ours selects them, since only then is the pod in the table. Pods that are
// Ready have had their gate opened. It is called with the lock held.
func (a *Agent) fitPods() []pod {
	var pods []pod
	now := a.edited
	if now.IsZero() {
		now = a.config.Clock.Now()
	}
	still := make(map[types.NamespacedName]fitness, len(a.fit))
	for p := range a.index.Pods() {
		if !p.Gated || p.Ready || !p.ContainersReady || p.Terminating || p.Finished {
			continue
		}
		reach, known := a.index.Reach(p.NamespacedName)
		if !known || len(reach.Services) > 0 && !p.OtherGatesReady {
			continue
		}
		since := a.fit[p.NamespacedName]
		if since.uid != p.UID {
			since = fitness{uid: p.UID, seen: now}
		}
		still[p.NamespacedName] = since
		pods = append(pods, pod{p.NamespacedName, p.UID, since.seen, reach.Services, reach.Routed()})
	}
	for name := range a.fit {
		if _, is := still[name]; !is {
			a.config.Gate.Forget(name)
		}
	}
	a.fit = still
	return pods
}
