// Package ruletest runs the tests of rules: every rule named test_… in a
// *_test.rego file, with what the rules themselves may use, and no more. It is
// what `opa test` does, by the same library, with Inshore's own libraries and
// schemas at hand; so a test cannot pass on something that admission would not
// compile.
package ruletest
