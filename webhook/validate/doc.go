// Package validate turns an input document into a decision. It is the one
// place where an annotation that cannot be read, the rules and the ratchet come
// together; admission, audit and review all call [Judge], so they cannot
// disagree.
package validate
