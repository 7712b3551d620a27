package review

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// checkPolicy finds what the API server would refuse by the schema of the CRD. A
// test holds the two to the same policies. A policy in a repository is to fail
// there, and not when it is applied.
func checkPolicy(policy *v1alpha1.NodeLocalPolicy) field.ErrorList {
	var errs field.ErrorList
	if policy.Name == "" {
		errs = append(errs, field.Required(field.NewPath("metadata", "name"), "reports name the policy of each exception"))
	}
	path, spec := field.NewPath("spec"), &policy.Spec
	if spec.Services == nil && spec.DaemonSets == nil && len(spec.Exceptions) == 0 && len(spec.Parameters) == 0 {
		errs = append(errs, field.Required(path, "a policy says at least one of services, daemonSets, exceptions and parameters"))
	}
	errs = append(errs, checkSelector(path.Child("namespaceSelector"), spec.NamespaceSelector)...)
	errs = append(errs, checkSelector(path.Child("objectSelector"), spec.ObjectSelector)...)
	errs = append(errs, checkBounds(path.Child("priority"), spec.Priority, -1000, 1000)...)
	errs = append(errs, checkWord(path.Child("enforcement"), spec.Enforcement,
		v1alpha1.EnforcementAudit, v1alpha1.EnforcementWarn, v1alpha1.EnforcementEnforce)...)
	errs = append(errs, checkWord(path.Child("optOut"), spec.OptOut, v1alpha1.OptOutAllowed, v1alpha1.OptOutForbidden)...)
	if spec.Services != nil {
		errs = append(errs, checkServices(path.Child("services"), spec.Services)...)
	}
	if spec.DaemonSets != nil {
		errs = append(errs, checkDaemonSets(path.Child("daemonSets"), spec.DaemonSets)...)
	}
	if spec.Rollout != nil {
		errs = append(errs, checkRollout(path.Child("rollout"), spec.Rollout)...)
	}
	errs = append(errs, checkExceptions(path.Child("exceptions"), spec.Exceptions)...)
	for _, id := range slices.Sorted(maps.Keys(spec.Parameters)) {
		errs = append(errs, checkParameters(path.Child("parameters"), id, spec.Parameters[id])...)
	}
	return errs
}

// The bounds of the CRD. They keep its expressions within what the API server
// lets a CRD cost.
const maxRequirements, maxValues, maxExceptions, maxFirst, maxParameters = 32, 64, 200, 256, 64

func checkSelector(path *field.Path, selector *metav1.LabelSelector) field.ErrorList {
	if selector == nil {
		return nil
	}
	errs := validation.ValidateLabelSelector(selector, validation.LabelSelectorValidationOptions{}, path)
	errs = slices.DeleteFunc(errs, func(err *field.Error) bool {
		return strings.HasSuffix(err.Field, "].operator") && err.BadValue != metav1.LabelSelectorOperator("")
	})
	for key, value := range selector.MatchLabels {
		for _, problem := range utilvalidation.IsValidLabelValue(value) {
			errs = append(errs, field.Invalid(path.Child("matchLabels").Key(key), value, problem))
		}
	}
	errs = append(errs, checkCount(path.Child("matchLabels"), len(selector.MatchLabels), maxRequirements)...)
	errs = append(errs, checkCount(path.Child("matchExpressions"), len(selector.MatchExpressions), maxRequirements)...)
	for i, r := range selector.MatchExpressions {
		path := path.Child("matchExpressions").Index(i)
		errs = append(errs, checkWord(path.Child("operator"), r.Operator,
			metav1.LabelSelectorOpIn, metav1.LabelSelectorOpNotIn, metav1.LabelSelectorOpExists, metav1.LabelSelectorOpDoesNotExist)...)
		errs = append(errs, checkCount(path.Child("values"), len(r.Values), maxValues)...)
	}
	return errs
}

func checkServices(path *field.Path, services *v1alpha1.ServiceDefaults) field.ErrorList {
	errs := checkNodeLocal(path.Child("nodeLocal"), services.NodeLocal)
	if services.NodeLocal == v1alpha1.NodeLocalPreferred && services.NoLocalEndpoint != "" {
		errs = append(errs, field.Invalid(path, string(services.NoLocalEndpoint),
			"noLocalEndpoint goes with nodeLocal: required; preferred says itself where calls go without a local pod"))
	}
	errs = append(errs, checkWord(path.Child("noLocalEndpoint"), services.NoLocalEndpoint,
		v1alpha1.NoLocalEndpointReject, v1alpha1.NoLocalEndpointDrop, v1alpha1.NoLocalEndpointFallback)...)
	errs = append(errs, checkWord(path.Child("externalTraffic"), services.ExternalTraffic, v1alpha1.ExternalTrafficLocal)...)
	return append(errs, checkWord(path.Child("balance"), services.Balance,
		v1alpha1.BalanceRandom, v1alpha1.BalanceRoundRobin, v1alpha1.BalanceLeastConnection, v1alpha1.BalanceSourceHash,
		v1alpha1.BalanceDestinationHash, v1alpha1.BalanceShortestExpectedDelay, v1alpha1.BalanceNeverQueue)...)
}

var percentage = regexp.MustCompile(`^([1-9][0-9]?|100)%$`)

func checkDaemonSets(path *field.Path, daemonSets *v1alpha1.DaemonSetDefaults) field.ErrorList {
	errs := checkNodeLocal(path.Child("nodeLocal"), daemonSets.NodeLocal)
	errs = append(errs, checkWord(path.Child("readinessGate"), daemonSets.ReadinessGate,
		v1alpha1.ReadinessGateAgent, v1alpha1.ReadinessGateNone)...)
	if surge := daemonSets.MaxSurge; surge != nil &&
		(surge.Type == intstr.Int && surge.IntVal < 1 || surge.Type == intstr.String && !percentage.MatchString(surge.StrVal)) {
		errs = append(errs, field.Invalid(path.Child("maxSurge"), surge.String(), "maxSurge is a whole number from 1, or a percentage from 1% to 100%"))
	}
	if drain := daemonSets.Drain; drain != nil &&
		(drain.Duration < time.Second || drain.Duration > v1alpha1.MaxDrain || drain.Duration%time.Second != 0) {
		errs = append(errs, field.Invalid(path.Child("drain"), drain.Duration.String(), "drain is a duration in whole seconds from 1s to 1h, such as 15s or 2m"))
	}
	return errs
}

// checkRollout cannot tell a 0 from what is absent; the API server can, and
// refuses it where it makes no sense.
func checkRollout(path *field.Path, rollout *v1alpha1.Rollout) field.ErrorList {
	errs := checkBounds(path.Child("objectsPerMinute"), rollout.ObjectsPerMinute, 0, 6000)
	errs = append(errs, checkBounds(path.Child("maxNewViolations"), rollout.MaxNewViolations, 0, 1<<31-1)...)
	errs = append(errs, checkBounds(path.Child("maxUnreadyDaemonSets"), rollout.MaxUnreadyDaemonSets, 0, 1<<31-1)...)
	first := path.Child("first")
	errs = append(errs, checkCount(first, len(rollout.First), maxFirst)...)
	for i, name := range rollout.First {
		for _, problem := range utilvalidation.IsDNS1123Label(name) {
			errs = append(errs, field.Invalid(first.Index(i), name, problem))
		}
		if slices.Contains(rollout.First[:i], name) {
			errs = append(errs, field.Duplicate(first.Index(i), name))
		}
	}
	return errs
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

func checkBounds(path *field.Path, value, least, most int32) field.ErrorList {
	if value < least || value > most {
		return field.ErrorList{field.Invalid(path, value, fmt.Sprintf("must be from %d to %d", least, most))}
	}
	return nil
}

func checkCount(path *field.Path, count, most int) field.ErrorList {
	if count > most {
		return field.ErrorList{field.TooMany(path, count, most)}
	}
	return nil
}

func checkParameters(path *field.Path, id string, parameters v1alpha1.RuleParameters) field.ErrorList {
	if !ruleID.MatchString(id) {
		return field.ErrorList{field.Invalid(path, id, "parameters go by the id of the rule that reads them, such as ISH203: capital letters, then digits")}
	}
	if !strings.HasPrefix(string(parameters.Raw), "{") {
		return field.ErrorList{field.Invalid(path.Child(id), string(parameters.Raw), "parameters are an object")}
	}
	return nil
}
