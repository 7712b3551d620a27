// Package policyapi tries, on a real API server, what it makes of
// NodeLocalPolicies: which it refuses and in what words, what it fills in, and how
// kubectl explains and lists them. It has tests only.
package policyapi
