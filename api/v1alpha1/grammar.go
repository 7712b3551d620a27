package v1alpha1

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// word is one annotation of the grammar.
type word struct {
	key string
	// on is the only kind that may carry it; empty means both.
	on Kind
	// read stores the value in the Intent or says what is wrong with it.
	read func(value string, into *Intent) *problem
}

// problem is what is wrong with a value; the caller adds key and value.
type problem struct {
	kind   field.ErrorType
	detail string
}

// words is the whole grammar, in the order of the documentation's table.
var words = []word{
	{AnnotationNodeLocal, "", oneOf(func(i *Intent) *NodeLocal { return &i.NodeLocal },
		NodeLocalRequired, NodeLocalPreferred, NodeLocalDisabled)},
	{AnnotationNoLocalEndpoint, KindService, oneOf(func(i *Intent) *NoLocalEndpoint { return &i.NoLocalEndpoint },
		NoLocalEndpointReject, NoLocalEndpointDrop, NoLocalEndpointFallback)},
	{AnnotationExternalTraffic, KindService, oneOf(func(i *Intent) *ExternalTraffic { return &i.ExternalTraffic },
		ExternalTrafficLocal)},
	{AnnotationMaxSurge, KindDaemonSet, readMaxSurge},
	{AnnotationDrain, KindDaemonSet, readDrain},
	{AnnotationReadinessGate, KindDaemonSet, oneOf(func(i *Intent) *ReadinessGate { return &i.ReadinessGate },
		ReadinessGateAgent, ReadinessGateNone)},
	{AnnotationBalance, KindService, oneOf(func(i *Intent) *Balance { return &i.Balance },
		BalanceRandom, BalanceRoundRobin, BalanceLeastConnection, BalanceSourceHash, BalanceDestinationHash,
		BalanceShortestExpectedDelay, BalanceNeverQueue)},
	{AnnotationRehome, KindService, readRehome},
	{AnnotationAccelerate, KindService, readAccelerate},
	{AnnotationPrevious, "", readPrevious},
	{AnnotationEnforcedBy, "", readEnforcedBy},
}

// recorded are the keys that the webhook writes and users do not.
var recorded = []string{AnnotationPrevious, AnnotationEnforcedBy}

// namesOn are the keys, without [Prefix], that users may write on a kind. Those
// that are the webhook's are not advertised.
func namesOn(kind Kind) []string {
	var names []string
	for _, w := range words {
		if (w.on == "" || w.on == kind) && !slices.Contains(recorded, w.key) {
			names = append(names, strings.TrimPrefix(w.key, Prefix))
		}
	}
	return names
}

func allowedOn(kind Kind) string {
	return fmt.Sprintf("under %s a %s may carry: %s", Prefix, kind, strings.Join(namesOn(kind), ", "))
}

// oneOf reads a word out of a closed list.
func oneOf[T ~string](target func(*Intent) *T, allowed ...T) func(string, *Intent) *problem {
	return func(value string, into *Intent) *problem {
		if i := slices.Index(allowed, T(value)); i >= 0 {
			*target(into) = allowed[i]
			return nil
		}
		return notOneOf(value, allowed...)
	}
}

func notOneOf[T ~string](value string, allowed ...T) *problem {
	values, quoted := make([]string, len(allowed)), make([]string, len(allowed))
	for i, a := range allowed {
		values[i], quoted[i] = string(a), strconv.Quote(string(a))
	}
	detail := "supported values: " + strings.Join(quoted, ", ")
	if near := nearest(value, values); near != "" {
		detail += fmt.Sprintf("; did you mean %q?", near)
	}
	return &problem{field.ErrorTypeNotSupported, detail}
}

func readAccelerate(value string, into *Intent) *problem {
	switch value {
	case "true", "false":
		on := value == "true"
		into.Accelerate = &on
		return nil
	}
	return notOneOf(value, "false", "true")
}

func readPrevious(value string, _ *Intent) *problem {
	if _, err := ParsePrevious(value); err != nil {
		return &problem{field.ErrorTypeInvalid, fmt.Sprintf(
			"%s; this annotation is the webhook's record of what it replaced: leave it as it was, or remove it",
			cut(err.Error(), 160))}
	}
	return nil
}

// readEnforcedBy lets any value pass: [Parse] reads it, by the other words.
func readEnforcedBy(string, *Intent) *problem { return nil }
