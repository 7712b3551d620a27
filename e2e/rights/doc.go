// Package rights compares what RBAC grants our service accounts with what they
// ask of a real API server. A right that no test uses is one to take away; a
// request that is refused is one that the manifests forgot.
package rights
