// Package reference writes what is generated from the rules and committed:
// docs/policies.md and the JSON schemas of the rules' input.
package reference
