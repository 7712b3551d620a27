package routes

// State is everything that the decisions of one node are made from.
type State struct {
	Node     string
	Scope    Scope
	Services []*Service
	Pods     []*Pod
	Slices   []*Slice
}

// Entry is a frontend and its decision.
type Entry struct {
	Frontend Frontend
	Route    Route
}

// Build is the table of a state. [Index] keeps the same table at less work.
func Build(state State) Table { return nil }
