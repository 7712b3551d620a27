// Package exceptions watches NodeLocalPolicies and keeps the exceptions in them
// ready for whoever judges.
//
// [Watch.Get] gives the exceptions in force as one value that never changes, so
// that one decision sees one set of them; a change replaces the value.
//
// A cluster without the CRD has no exceptions, which is logged once and looked
// at again. Until the first answer is there, either way, [Watch.Ready] is an
// error: a replica that judged before would refuse what somebody has excepted.
package exceptions
