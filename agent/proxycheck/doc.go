// Package proxycheck finds out by real connections what the cluster's proxy does
// with node-local Services on this node.
package proxycheck
