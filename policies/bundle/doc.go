// Package bundle reads and writes rules as they travel: OPA bundles (a
// gzipped tar with a .manifest, and .signatures.json where it is signed),
// folders, and the keys of ConfigMaps.
//
// The format is OPA's own (https://www.openpolicyagent.org/docs/management-bundles),
// read and written by OPA's library: what `opa build` and `opa sign` make can be
// read here, and the other way round. Three things are stricter, since a
// webhook reads bundles while it serves:
//
//   - Everything is bounded: [MaxPacked], [MaxUnpacked], [MaxFiles].
//   - Rego only. A bundle with data, WebAssembly, a plan or a patch is refused
//     rather than half understood.
//   - With a key the bundle must be signed, by that key and that key's
//     algorithm, whatever the signature says of itself.
//
// The manifest's metadata may name rules that are gone on purpose:
//
//	{"metadata": {"inshore": {"retired": ["ACME003"]}}}
package bundle
