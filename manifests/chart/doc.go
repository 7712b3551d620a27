// Package chart writes the templates of the Helm chart in inshore/ from the
// kustomize base and overlays beside it, so that there is one source for both.
//
//	go generate ./manifests/chart   # after a change under manifests/
//
// How: every overlay is built as kustomize would, and set beside what it is made
// from. What they have in common becomes plain YAML; what an overlay adds or
// changes becomes that under a condition on the value that chooses it
// (certificates.mode, failurePolicy, agent.enabled). Then the places that values
// fill are cut out by path (see places.go): a path that is gone fails the
// generator, rather than leaving a value without effect.
//
// Templates written by hand beside the generated ones could have been compared
// with the overlays just as well, but each change to the base would have to be
// made twice, by whoever changes it. Here it is made once. That the chart, rendered by
// Helm itself, gives the same objects as each overlay is tested all the same
// (e2e/chart), since nothing here knows what Helm does to a template.
//
// What is written by hand: values.yaml, values.schema.json, NOTES.txt,
// _helpers.tpl, and the templates of what kustomize has no part in.
package chart

//go:generate go run ./generate .. inshore
