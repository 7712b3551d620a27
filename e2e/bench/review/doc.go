// Package review compares `inshore review` with conftest: the same manifests,
// the same rules, the same run, turn by turn.
//
// The manifests are written for the run: files of the length that real ones
// have, either all opted in (a Service and a DaemonSet in turn) or one in twenty
// (the others being Deployments, Services, ConfigMaps and DaemonSets that nobody
// opted in). Half of those that are opted in break a rule. They hold every field
// that admission would fill in, and no selector of an object that is opted in
// matches another's pods: conftest can neither mutate nor relate objects, and
// both must have the same to say.
//
// What conftest gets is the Rego of Inshore's own rules with a package main in
// front that makes the rules' input of the manifest and hands on what they find.
// The run fails if the two do not find the same: rule, severity, object and field.
//
// Nothing fails because of a figure.
package review
