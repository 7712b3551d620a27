// Package policy is what `inshore policy` does with rules: it opens them from
// folders, bundles and registries, checks them as the webhook does before it
// loads them, lists and documents them, and begins new ones.
package policy
