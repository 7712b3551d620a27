// Package policies judges objects: it holds the rules (Rego, one folder each
// under rules/), and the [Engine] that evaluates them.
//
// A rule is a Rego package whose METADATA carries its id, severity and words,
// and whose partial set `violation` says where an object breaks it:
//
//	violation contains {"field": "spec.clusterIP", "values": {"port": 80}}
//
// The words stay in METADATA, where documentation is generated from them too;
// {port} in the message is filled from values, {object} by the engine.
//
// Three properties hold for whoever calls [Engine.Evaluate]:
//
//   - A verdict is a function of its input. Builtins that read the clock, the
//     network or the process are not compiled in.
//   - A rule that fails, for whatever reason, costs its own verdict and no
//     other one.
//   - A rule can read projected fields only ([input.Document]): reading another
//     does not compile.
package policies

//go:generate go run ./internal/generate
