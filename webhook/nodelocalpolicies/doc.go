// Package nodelocalpolicies watches NodeLocalPolicies and keeps what they say ready
// for whoever judges: whom they hold for, and the exceptions in them.
//
// [Watch.Get] and [Watch.Enforcement] give what is in force as values that never
// change, so that one decision sees one of each; a change replaces the value. What
// is written into the status of a policy replaces none.
//
// A cluster without the CRD has no policies, which is logged once and looked at
// again. Until the first answer is there, either way, [Watch.Ready] is an error: a
// replica that judged before would refuse what somebody has excepted, and let pass
// what somebody enforces.
package nodelocalpolicies
