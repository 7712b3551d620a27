// Package kubernetes only names the Kubernetes programs that the cluster harness builds; see go.mod.
package kubernetes
