package registration

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// The names of the configurations and of the webhooks in them.
const (
	MutateName   = "inshore-mutate"
	ValidateName = "inshore-validate"

	WebhookMutateServices     = "services.mutate.inshore.dev"
	WebhookMutateDaemonSets   = "daemonsets.mutate.inshore.dev"
	WebhookValidateServices   = "services.validate.inshore.dev"
	WebhookValidateDaemonSets = "daemonsets.validate.inshore.dev"
)

// The paths at which the webhooks are served, one for a kind, so that a review
// is decoded into its type in one pass.
const (
	PathMutateServices     = "/mutate/services"
	PathMutateDaemonSets   = "/mutate/daemonsets"
	PathValidateServices   = "/validate/services"
	PathValidateDaemonSets = "/validate/daemonsets"
)

const (
	// MutateTimeoutSeconds bounds one mutation, which takes under a
	// millisecond. The seconds are for a starved node; after them the API
	// server goes on without us.
	MutateTimeoutSeconds = 5
	// ValidateTimeoutSeconds bounds one validation. Running out of it refuses a
	// user's request, so it is more patient; with the mutation's it stays below
	// the 30 s that API clients commonly wait.
	ValidateTimeoutSeconds = 10
)

// MatchCondition lets a request through if object or oldObject carries an
// annotation of ours, so that objects nobody opted in cost no call and an
// opt-out still reaches us. On CREATE oldObject is null. Needs Kubernetes 1.30
// (KEP-3716).
const MatchCondition = "[object, oldObject].exists(o, o != null && has(o.metadata.annotations) && " +
	"o.metadata.annotations.exists(key, key.startsWith('inshore.dev/')))"

// AnnotationFailClosed on [MutateName], with the value true, says that mutation is
// meant to fail closed: without it a failurePolicy of Fail there is taken for a
// mistake.
const AnnotationFailClosed = v1alpha1.Prefix + "fail-closed"

// Webhook is what one webhook must mean.
type Webhook struct {
	Name string
	Path string
	// Group and Resource name the one kind it is called for, in version v1.
	Group    string
	Resource string
	// FailurePolicy is what happens to an object while nobody answers, unless the
	// administrator chooses otherwise: validation may be turned to Ignore, and
	// mutation to Fail where [AnnotationFailClosed] says that it is meant. A missed
	// mutation is repaired; a missed Service is an outage.
	FailurePolicy  admissionv1.FailurePolicyType
	TimeoutSeconds int32
}

// Mutating are the webhooks of [MutateName].
func Mutating() []Webhook {
	return []Webhook{
		{WebhookMutateServices, PathMutateServices, "", "services", admissionv1.Ignore, MutateTimeoutSeconds},
		{WebhookMutateDaemonSets, PathMutateDaemonSets, "apps", "daemonsets", admissionv1.Ignore, MutateTimeoutSeconds},
	}
}

// Validating are the webhooks of [ValidateName].
func Validating() []Webhook {
	return []Webhook{
		{WebhookValidateServices, PathValidateServices, "", "services", admissionv1.Fail, ValidateTimeoutSeconds},
		{WebhookValidateDaemonSets, PathValidateDaemonSets, "apps", "daemonsets", admissionv1.Fail, ValidateTimeoutSeconds},
	}
}
