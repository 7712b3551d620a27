// Package etcd only names the etcd server that the cluster harness builds; see go.mod.
package etcd
