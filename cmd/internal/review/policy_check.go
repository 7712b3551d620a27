package review

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// checkPolicy finds what the API server would refuse by the schema of the CRD; a
// test compares the two. A policy in a repository is to fail there, and not when
// it is applied.
func checkPolicy(policy *v1alpha1.NodeLocalPolicy) field.ErrorList {
	var errs field.ErrorList
	if policy.Name == "" {
		errs = append(errs, field.Required(field.NewPath("metadata", "name"), "reports name the policy of each exception"))
	}
	path, spec := field.NewPath("spec"), policy.Spec
	errs = append(errs, checkWord(path.Child("enforcement"), spec.Enforcement,
		v1alpha1.EnforcementAudit, v1alpha1.EnforcementWarn, v1alpha1.EnforcementEnforce)...)
	errs = append(errs, checkWord(path.Child("optOut"), spec.OptOut, v1alpha1.OptOutAllowed, v1alpha1.OptOutForbidden)...)
	if services := spec.Services; services != nil {
		errs = append(errs, checkServices(path.Child("services"), services)...)
	}
	if daemonSets := spec.DaemonSets; daemonSets != nil {
		path := path.Child("daemonSets")
		errs = append(errs, checkNodeLocal(path.Child("nodeLocal"), daemonSets.NodeLocal)...)
		errs = append(errs, checkWord(path.Child("readinessGate"), daemonSets.ReadinessGate,
			v1alpha1.ReadinessGateAgent, v1alpha1.ReadinessGateNone)...)
	}
	for i, exception := range spec.Exceptions {
		errs = append(errs, checkException(path.Child("exceptions").Index(i), exception)...)
	}
	return errs
}

func checkServices(path *field.Path, services *v1alpha1.ServiceDefaults) field.ErrorList {
	errs := checkNodeLocal(path.Child("nodeLocal"), services.NodeLocal)
	errs = append(errs, checkWord(path.Child("noLocalEndpoint"), services.NoLocalEndpoint,
		v1alpha1.NoLocalEndpointReject, v1alpha1.NoLocalEndpointDrop, v1alpha1.NoLocalEndpointFallback)...)
	errs = append(errs, checkWord(path.Child("externalTraffic"), services.ExternalTraffic, v1alpha1.ExternalTrafficLocal)...)
	return append(errs, checkWord(path.Child("balance"), services.Balance,
		v1alpha1.BalanceRandom, v1alpha1.BalanceRoundRobin, v1alpha1.BalanceLeastConnection, v1alpha1.BalanceSourceHash,
		v1alpha1.BalanceDestinationHash, v1alpha1.BalanceShortestExpectedDelay, v1alpha1.BalanceNeverQueue)...)
}

// checkNodeLocal is for the one word that a default cannot do without.
func checkNodeLocal(path *field.Path, value v1alpha1.NodeLocal) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "required or preferred")}
	}
	return checkWord(path, value, v1alpha1.NodeLocalRequired, v1alpha1.NodeLocalPreferred)
}

// checkWord holds a word, if it is there, to those allowed.
func checkWord[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, allowed)}
}

func checkException(path *field.Path, exception v1alpha1.Exception) field.ErrorList {
	var errs field.ErrorList
	object := path.Child("object")
	for _, required := range []struct {
		path  *field.Path
		value string
	}{
		{path.Child("rule"), exception.Rule},
		{object.Child("namespace"), exception.Object.Namespace},
		{object.Child("name"), exception.Object.Name},
		{path.Child("owner"), exception.Owner},
		{path.Child("reason"), exception.Reason},
	} {
		if strings.TrimSpace(required.value) == "" {
			errs = append(errs, field.Required(required.path, "an exception names its rule, its object, who answers for it, why, and until when"))
		}
	}
	if exception.Expires.IsZero() {
		errs = append(errs, field.Required(path.Child("expires"), "an exception without an end is a rule switched off; write a time, 2027-01-31T00:00:00Z"))
	}
	if strings.HasPrefix(exception.Rule, "ISH0") {
		errs = append(errs, field.Forbidden(path.Child("rule"), "annotations and manifests that cannot be read (ISH0xx) have no exceptions: correct them"))
	}
	if exception.Object.Kind == "" {
		return append(errs, field.Required(object.Child("kind"), "Service or DaemonSet"))
	}
	return append(errs, checkWord(object.Child("kind"), exception.Object.Kind, v1alpha1.KindService, v1alpha1.KindDaemonSet)...)
}
