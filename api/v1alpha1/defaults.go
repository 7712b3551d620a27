package v1alpha1

import "time"

// Intent is what the defaults say, in the form in which annotations are read.
func (s *ServiceDefaults) Intent() Intent {
	return Intent{
		NodeLocal: s.NodeLocal, NoLocalEndpoint: s.NoLocalEndpoint, ExternalTraffic: s.ExternalTraffic, Balance: s.Balance,
	}
}

// Intent is what the defaults say, in the form in which annotations are read. Of a
// drain whole seconds count.
func (d *DaemonSetDefaults) Intent() Intent {
	intent := Intent{NodeLocal: d.NodeLocal, MaxSurge: d.MaxSurge, ReadinessGate: d.ReadinessGate}
	if d.Drain != nil {
		intent.DrainSeconds = int64(d.Drain.Duration / time.Second)
	}
	return intent
}

// RolloutOrDefault is the roll-out, with the defaults of what is absent: those
// that the API server fills in, for policies that it never saw.
func (s *NodeLocalPolicySpec) RolloutOrDefault() Rollout {
	rollout := Rollout{}
	if s.Rollout != nil {
		rollout = *s.Rollout
	}
	if rollout.ObjectsPerMinute == 0 {
		rollout.ObjectsPerMinute = 60
	}
	if rollout.MaxUnreadyDaemonSets == 0 {
		rollout.MaxUnreadyDaemonSets = 1
	}
	return rollout
}
