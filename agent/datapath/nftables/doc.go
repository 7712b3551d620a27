// Package nftables carries a table of routes out by DNAT, ahead of the cluster's
// proxy.
package nftables
