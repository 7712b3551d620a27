// Package deadline opens readiness gates that a dead node agent would leave
// shut.
//
// A pod with the gate inshore.dev/routed is ready once its node's agent says
// so. Should the agent be dead, a rollout of the daemon would stand still at that
// node for ever. So whoever waits longer than the deadline on a node whose agent
// shows no sign of life gets the condition from here, with the reason
// [ReasonAgentStale] and an event: the price is that connections may still go to
// the pod that is being replaced, as they would without Inshore.
//
// An agent that lives is never overruled, however long it takes. Sign of life is
// the Lease named like the node in [v1alpha1.AgentNamespace]. Its time is the
// node's and ours may differ, so it is not compared with our clock: what counts
// is how long we have seen it unchanged, as the node lifecycle controller judges
// nodes (KEP-589).
//
// Every replica does this; there is no leader. Two that act at once do the same,
// and the API server lets one of them through: the patch names the version of the
// pod that it was decided on.
//
// It costs nothing while nothing stands still. [Rollouts] is told of DaemonSets
// by a watch that exists anyway; pods are listed only for gated ones that are
// incomplete and make no progress, and Leases are read only for nodes where such
// a pod waits.
package deadline
