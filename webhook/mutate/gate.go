package mutate

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
)

const (
	pointerGates = "/spec/template/spec/readinessGates"
	// pointerGate is, in RFC 6901, the element after a list's last: where ours
	// was put, if there was a list to put it in.
	pointerGate = pointerGates + "/-"

	whyGate = "A new pod counts as available only once its node routes to it, so the old one is not stopped before."
)

var routedJSON = json.RawMessage(`{"conditionType":` + strconv.Quote(v1alpha1.ReadinessGateRouted) + `}`)

// gate settles the readiness gate (KEP-580) in the pod template. A gate of ours
// that a team wrote itself is theirs and stays.
func (e *edit) gate(gates []input.ReadinessGate, wanted bool) []input.ReadinessGate {
	at := slices.IndexFunc(gates, func(g input.ReadinessGate) bool { return g.ConditionType == v1alpha1.ReadinessGateRouted })
	ours, listOurs := e.gateIsOurs(gates, at)
	theirs := at >= 0 && !ours
	wanted = wanted && e.asked != "" && !theirs
	if wanted {
		e.rememberGate(listOurs || at < 0 && gates == nil)
	}
	switch {
	case wanted && at < 0:
		e.changeGate(nil, routedJSON)
		if gates == nil {
			e.add(pointerGates, slices.Concat([]byte("["), routedJSON, []byte("]")))
		} else {
			e.add(pointerGate, routedJSON)
		}
		return append(slices.Clip(gates), input.ReadinessGate{ConditionType: v1alpha1.ReadinessGateRouted})
	case ours && !wanted:
		e.changeGate(routedJSON, nil)
		if listOurs {
			e.remove(pointerGates)
			return nil
		}
		e.remove(pointerGates + "/" + strconv.Itoa(at))
		return slices.Delete(slices.Clone(gates), at, at+1)
	}
	return gates
}

// gateIsOurs reports whether the gate at an index is ours, and whether the list
// is too: we created it and nobody has added to it since.
func (e *edit) gateIsOurs(gates []input.ReadinessGate, at int) (gate, list bool) {
	if at < 0 {
		return false, false
	}
	for _, record := range e.records {
		if _, found := record[pointerGates]; found {
			return true, len(gates) == 1
		}
		if _, found := record[pointerGate]; found {
			return true, false
		}
	}
	return false, false
}

func (e *edit) rememberGate(list bool) {
	if list {
		e.remember(pointerGates, nil, slices.Concat([]byte("["), routedJSON, []byte("]")))
	} else {
		e.remember(pointerGate, nil, routedJSON)
	}
}

func (e *edit) changeGate(from, to json.RawMessage) {
	e.template = append(e.template, "readinessGates")
	e.explain("spec.template.spec.readinessGates["+v1alpha1.ReadinessGateRouted+"]", from, to, e.reason(whyGate, to == nil))
}
