// Package containerd only names the containerd programs that the cluster harness builds; see go.mod.
package containerd
