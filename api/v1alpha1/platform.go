package v1alpha1

import "fmt"

// Platform is what an answer depends on besides the object: facts about the
// cluster and the installation. Admission reads them from the API server and
// from flags, review from flags alone.
type Platform struct {
	// Kubernetes is the API server's version.
	Kubernetes Version `json:"kubernetes"`
	// ReadinessGate is the installation's default for
	// [AnnotationReadinessGate]; empty means none.
	ReadinessGate ReadinessGate `json:"readinessGate,omitempty"`
}

// Version is a Kubernetes minor version.
type Version struct {
	Major int `json:"major"`
	Minor int `json:"minor"`
}

// PreferSameNodeSince is the first version whose API server knows
// trafficDistribution PreferSameNode (KEP-3015: beta and on by default in
// 1.34, GA in 1.35).
var PreferSameNodeSince = Version{1, 34}

// OldestSupported is the oldest API server that Inshore supports: matchConditions
// are GA in 1.30 (KEP-3716).
var OldestSupported = Version{1, 30}

// AtLeast reports whether v is w or later.
func (v Version) AtLeast(w Version) bool {
	if v.Major != w.Major {
		return v.Major > w.Major
	}
	return v.Minor >= w.Minor
}

// String is the version as people write it, for example 1.36.
func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }
