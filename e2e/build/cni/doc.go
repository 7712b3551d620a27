// Package cni only names the CNI plugins that the cluster harness builds; see go.mod.
package cni
