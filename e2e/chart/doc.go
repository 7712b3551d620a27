// Package chart holds the Helm chart, manifests/chart/inshore, against what it
// promises, with Helm itself: that it gives the same objects as each kustomize
// overlay, that values do what their schema says and bad ones are refused, and on
// a real cluster that an upgrade from the version before loses no admission call.
//
// What the version before was: its chart is kept in testdata. Its program is the
// current one, unless the variable INSHORE_PREVIOUS_WEBHOOK names a build of it.
//
// Helm is a program here and no dependency: it is installed once, by go install.
package chart
