// Package manifests holds what is applied to a cluster: a kustomize base,
// overlays that say where certificates come from, and components that change a
// single choice.
//
//	kubectl apply -k manifests/overlays/embedded   # the webhook
//	kubectl apply -k manifests/overlays/agent      # and the node agent
//
// The Helm chart in chart/inshore is made from the same files, by package chart:
// run go generate ./manifests/chart after changing them.
//
// There is no code here besides the tests. They render every overlay as
// kubectl would, decode the result strictly into the types of the API (an
// unknown or misspelt field fails), and hold it against what the overlays
// promise: Pod Security's verdict as the API server computes it, rights
// that nobody widened, and webhooks that take two kinds only.
package manifests
