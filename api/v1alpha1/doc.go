// Package v1alpha1 holds the words that users write: the annotations under
// inshore.dev/, their grammar, and the typed [Intent] they stand for.
//
// Everything here is pure. [Parse] reads a map of annotations and returns an
// Intent and a field.ErrorList; admission, audit, review and the node agent
// all call it, so a typo gets the same answer at every door.
//
// The package imports nothing of Inshore's own.
package v1alpha1
