package routes

import "cmp"

// State is everything that the decisions of one node are made from.
type State struct {
	Node     string
	Scope    Scope
	Services []*Service
	Pods     []*Pod
	Slices   []*Slice
}

// Build is the table of a state. [Index] keeps the same table at less work.
func Build(state State) Table {
	table := Table{}
	owners := map[Frontend]*Service{}
	for _, service := range state.Services {
		if !state.Scope.Claims(service) {
			continue
		}
		for _, entry := range Compute(service, state.Pods, state.Slices, state.Node) {
			if owner := owners[entry.Frontend]; owner == nil || service.outranks(owner) {
				owners[entry.Frontend] = service
				table[entry.Frontend] = entry.Route
			}
		}
	}
	return table
}

// outranks reports whether a frontend that both claim is s's: the newer Service's,
// since a ClusterIP is given out again only after its last owner let it go.
func (s *Service) outranks(other *Service) bool {
	return cmp.Or(s.Created.Compare(other.Created), cmp.Compare(s.Namespace, other.Namespace), cmp.Compare(s.Name, other.Name)) > 0
}
