// Package manifest reads Kubernetes manifests the way people keep them: folders
// of YAML and JSON, several documents to a file, lists, anchors, comments, and
// files that are none of ours in between.
//
// It answers three questions. [Find] says which files a path stands for.
// [Parse] says which Kubernetes objects a file holds and, by line, what in it
// cannot be read; one bad document does not hide the others. [Positions] says
// on which line of the file a field path such as
// spec.template.spec.containers[0].ports[1].hostPort stands.
//
// Values are read as the API server would be given them: YAML 1.1 booleans
// (`yes`, `on`) are booleans, field names are case-sensitive, a key that
// appears twice is an error.
package manifest
