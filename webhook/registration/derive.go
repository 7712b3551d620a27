package registration

import (
	"cmp"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/inshore-dev/inshore/policies/enforcement"
)

// DeriveMutating are the entries that live should hold besides its base entries
// so that policies which are enforced reach objects without an annotation of
// ours. They are in order of their names.
//
// A base entry that is missing, or that has no caBundle yet, adds none: a call
// that cannot succeed would refuse what nobody could judge.
func DeriveMutating(live *admissionv1.MutatingWebhookConfiguration, set *enforcement.Set) []admissionv1.MutatingWebhook {
	return derive(live.Webhooks, set, mutating)
}

// DeriveValidating is [DeriveMutating] for the other configuration, and for
// policies that warn too. The entry of a policy that only warns never refuses
// (failurePolicy Ignore); else it fails as its base entry does.
func DeriveValidating(live *admissionv1.ValidatingWebhookConfiguration, set *enforcement.Set) []admissionv1.ValidatingWebhook {
	derived := derive(allFromValidating(live.Webhooks), set, validating)
	all := make([]admissionv1.ValidatingWebhook, 0, len(derived))
	for i := range derived {
		all = append(all, toValidating(&derived[i]))
	}
	return all
}

func derive(live []hook, set *enforcement.Set, phase phase) []hook {
	base := Mutating()
	if phase == validating {
		base = Validating()
	}
	var derived []hook
	for _, want := range base {
		at := slices.IndexFunc(live, func(h hook) bool { return h.Name == want.Name })
		if at < 0 || len(live[at].ClientConfig.CABundle) == 0 {
			continue
		}
		for _, s := range selections(set, want.kind(), phase) {
			derived = append(derived, s.entry(&live[at], want, phase))
		}
	}
	slices.SortFunc(derived, func(a, b hook) int { return cmp.Compare(a.Name, b.Name) })
	return derived
}
