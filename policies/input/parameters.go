package input

import "maps"

// Parameters are what policies say to rules, by the id of the rule. A value is
// whatever JSON is, its numbers as json.Number.
type Parameters map[string]any

// Clone is a copy that shares the values.
func (p Parameters) Clone() Parameters { return maps.Clone(p) }
