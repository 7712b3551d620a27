// Package projection turns the types of policies/input into what OPA works
// with: a value of them into a term, a type of them into a JSON schema. Both
// read the same struct tags, so what a rule may read and what it is given are
// one.
package projection
