// Package rewrite changes single fields of manifests in their text and leaves
// every other byte as it is: comments, order, quotes, indentation, line breaks,
// anchors, document markers. A YAML encoder keeps none of these.
//
// [File] takes the patches that mutation made for objects of a file and gives
// back edits: insertions and replacements of a few characters, placed by the
// positions of the parser's nodes. What it cannot be sure of it leaves alone and
// says why: a mapping that an alias shares, one that a merge (<<) brings, a
// value behind a tag. It never removes a field.
//
// No edit is trusted. The edited text is parsed again, and every object in it
// must hold what it held before with its patch applied, and nothing else;
// otherwise the edits of that object are dropped. A mistake in placing an edit
// can so cost a fix, and never a manifest.
//
// # Where a field goes
//
// In a block mapping, in front of the fields that people write last (a pod's
// containers, a Service's selector and ports), otherwise at the end; indented as
// its siblings are. In a flow mapping and in JSON, at the end: on a line of its
// own if its siblings have theirs.
package rewrite
