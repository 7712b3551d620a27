package doctor

import (
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// Known is something that was looked for. Without an error, a nil Value was not
// there.
type Known[T any] struct {
	Value T
	Err   error
}

// Facts are what was seen.
type Facts struct {
	// Now is the API server's time: an administrator's own clock says little
	// about when a node renewed its Lease.
	Now        time.Time
	Kubernetes Known[v1alpha1.Version]
	// Namespace is where the webhook should be.
	Namespace string

	Deployment Known[*appsv1.Deployment]
	Mutating   Known[*admissionv1.MutatingWebhookConfiguration]
	Validating Known[*admissionv1.ValidatingWebhookConfiguration]
	// Canaries were sent as dry runs.
	Canaries Canaries

	// CRD is that of NodeLocalPolicies, Leader the Lease of the replica that audits,
	// and Reports what the API server knows of the group of reports.
	CRD               Known[*CRD]
	NodeLocalPolicies Known[[]*v1alpha1.NodeLocalPolicy]
	Leader            Known[*coordinationv1.Lease]
	Reports           Known[*metav1.APIResourceList]

	DaemonSet Known[*appsv1.DaemonSet]
	Agents    Known[[]corev1.Pod]
	Leases    Known[[]coordinationv1.Lease]
	Policies  Known[[]admissionv1.ValidatingAdmissionPolicy]
	Bindings  Known[[]admissionv1.ValidatingAdmissionPolicyBinding]
	// Checks are what agents say of their nodes, by node; nil if none was asked.
	Checks map[string]Known[*check.Report]

	Nodes Known[[]corev1.Node]
	// Daemons are the DaemonSets whose pods wait for agents.
	Daemons Known[[]Daemon]
}

// Canaries are objects that nobody keeps.
type Canaries struct {
	// Service and DaemonSet opt in, and are what came back.
	Service   Known[*corev1.Service]
	DaemonSet Known[*appsv1.DaemonSet]
	// Refused is the answer to a Service with a misspelt annotation: nil if it
	// was admitted.
	Refused error
}

// Daemon is a DaemonSet with the readiness gate, and its pods.
type Daemon struct {
	DaemonSet appsv1.DaemonSet
	Pods      Known[[]corev1.Pod]
}
