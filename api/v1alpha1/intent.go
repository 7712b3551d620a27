package v1alpha1

import (
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// Intent is what the annotations of one object ask for. A zero field was not
// written: defaults are applied by the methods, so that a policy's default can
// still be told from a team's own word.
//
// The JSON form is what Rego rules see as input.intent.
type Intent struct {
	NodeLocal       NodeLocal           `json:"nodeLocal,omitempty"`
	NoLocalEndpoint NoLocalEndpoint     `json:"noLocalEndpoint,omitempty"`
	ExternalTraffic ExternalTraffic     `json:"externalTraffic,omitempty"`
	MaxSurge        *intstr.IntOrString `json:"maxSurge,omitempty"`
	// DrainSeconds is the wait before SIGTERM, in seconds; 0 means none.
	DrainSeconds int64 `json:"drainSeconds,omitempty"`
	// DrainNone is set where none was written, which beats a policy's drain.
	DrainNone     bool          `json:"drainNone,omitempty"`
	ReadinessGate ReadinessGate `json:"readinessGate,omitempty"`
	Balance       Balance       `json:"balance,omitempty"`
	Rehome        *Rehome       `json:"rehome,omitempty"`
	Accelerate    *bool         `json:"accelerate,omitempty"`
}

// Rehome says when a connection to another node's pod is moved home.
type Rehome struct {
	// Idle is false for `never`.
	Idle bool `json:"idle"`
	// AfterSeconds is how long a connection must have been idle. `idle`
	// without a duration means [DefaultRehomeIdle].
	AfterSeconds int64 `json:"afterSeconds,omitempty"`
}

// DefaultRehomeIdle is the idle time that a bare `rehome: idle` means.
const DefaultRehomeIdle = 30 * time.Second

// MaxDrain bounds [AnnotationDrain]: a longer wait than an hour holds up every
// node's rollout for as long and is more likely a mistyped unit.
const MaxDrain = time.Hour

// OptedIn reports whether the object asks for node-local routing.
func (i Intent) OptedIn() bool { return i.NodeLocal.OptedIn() }

// SurgeOrDefault is the maxSurge to write: the annotation's, else 1.
func (i Intent) SurgeOrDefault() intstr.IntOrString {
	if i.MaxSurge != nil {
		return *i.MaxSurge
	}
	return intstr.FromInt32(1)
}

// NoLocalEndpointOrDefault is the behaviour without a local endpoint: the
// annotation's, else reject.
func (i Intent) NoLocalEndpointOrDefault() NoLocalEndpoint {
	if i.NoLocalEndpoint != "" {
		return i.NoLocalEndpoint
	}
	return NoLocalEndpointReject
}

// Over is the Intent of an object that says i itself and follows a policy that
// says other: each word of its own beats the policy's, and what it does not say
// the policy does. An object that opted out follows no policy, and is to be
// asked about that first.
func (i Intent) Over(other Intent) Intent {
	if i.NodeLocal == "" {
		i.NodeLocal = other.NodeLocal
	}
	if i.NoLocalEndpoint == "" && i.NodeLocal != NodeLocalPreferred {
		// preferred says itself where calls go when there is no local pod.
		i.NoLocalEndpoint = other.NoLocalEndpoint
	}
	if i.ExternalTraffic == "" {
		i.ExternalTraffic = other.ExternalTraffic
	}
	if i.MaxSurge == nil {
		i.MaxSurge = other.MaxSurge
	}
	if i.DrainSeconds == 0 && !i.DrainNone {
		i.DrainSeconds, i.DrainNone = other.DrainSeconds, other.DrainNone
	}
	if i.ReadinessGate == "" {
		i.ReadinessGate = other.ReadinessGate
	}
	if i.Balance == "" {
		i.Balance = other.Balance
	}
	if i.Rehome == nil {
		i.Rehome = other.Rehome
	}
	if i.Accelerate == nil {
		i.Accelerate = other.Accelerate
	}
	return i
}
