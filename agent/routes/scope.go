package routes

import "github.com/inshore-dev/inshore/api/v1alpha1"

// Scope says which Services are the agent's.
type Scope string

// The scopes.
const (
	// ScopeOptedIn are the Services that their teams or a policy opted in.
	ScopeOptedIn Scope = "opted-in"
	// ScopeLocal are those and every Service whose internalTrafficPolicy is
	// Local, annotated or not.
	ScopeLocal Scope = "local"
)

// Claims reports whether a Service is the agent's: opted in, or with ScopeLocal
// of the policy Local; never one that its team turned off, nor one without a
// ClusterIP (headless, ExternalName).
func (s Scope) Claims(service *Service) bool {
	switch {
	case len(service.ClusterIPs) == 0,
		service.NodeLocal == v1alpha1.NodeLocalDisabled,
		service.Intent.NodeLocal == v1alpha1.NodeLocalDisabled:
		return false
	case service.NodeLocal.OptedIn():
		return true
	}
	return s == ScopeLocal && service.TrafficLocal
}
