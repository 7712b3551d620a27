// Package sbom lists what is in a Go program, as a software bill of materials in
// CycloneDX 1.6 (ECMA-424). It reads what the Go linker wrote into the binary
// (debug/buildinfo): every module that was linked in, with its version and its hash
// in go.sum, and the Go release itself. A list that is made from go.mod would
// also have what only tests need.
//
// It is a function of the binary alone. There is no date in it and no random
// serial number, so that two builds of one source have the same list.
//
// What build information does not say is not in it: which module requires which,
// and under what licence.
package sbom
