package sbom

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"runtime/debug"
	"slices"
	"strings"
)

// Write writes the bill of the Go program in a file. version is what the program
// says of itself; the linker records none for a build outside a repository.
func Write(w io.Writer, file, version string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading the program: %w", err)
	}
	info, err := buildinfo.Read(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("reading what %s was built of: %w", file, err)
	}
	bill, err := of(info, sha256.Sum256(text), version)
	if err != nil {
		return fmt.Errorf("listing what is in %s: %w", file, err)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(bill); err != nil {
		return fmt.Errorf("writing the bill of %s: %w", file, err)
	}
	return nil
}

// of is the bill of a program with the digest.
func of(info *debug.BuildInfo, digest [sha256.Size]byte, version string) (*document, error) {
	if len(info.Deps) == 0 {
		return nil, errors.New("it names no module: was it built with the Go tool, in module mode?")
	}
	purl := "pkg:golang/" + escape(info.Path) + "@" + escape(version)
	program := component{
		Ref: purl, Type: "application", Name: path.Base(info.Path), Version: version, PURL: purl,
		Hashes: []hash{{"SHA-256", fmt.Sprintf("%x", digest)}},
	}
	for _, setting := range info.Settings {
		program.Properties = append(program.Properties, property{"go:build:" + setting.Key, setting.Value})
	}
	components := []component{library("std", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		components = append(components, library(module.Path, module.Version, module.Sum))
	}
	slices.SortFunc(components, func(a, b component) int { return strings.Compare(a.Ref, b.Ref) })
	refs := make([]string, len(components))
	for i, c := range components {
		refs[i] = c.Ref
	}
	return &document{
		BOMFormat: "CycloneDX", SpecVersion: "1.6", SerialNumber: serial(digest), Version: 1,
		Metadata: metadata{program}, Components: components,
		Dependencies: []dependency{{purl, refs}},
		// Everything that is in it is listed; who brought it there is not known.
		Compositions: []composition{
			{Aggregate: "complete", Assemblies: []string{purl}},
			{Aggregate: "unknown", Dependencies: refs},
		},
	}, nil
}

// library is one module, by its hash in go.sum (golang.org/ref/mod#go-sum-files),
// which is one over a list of hashes and so none of CycloneDX's algorithms.
func library(name, version, sum string) component {
	purl := "pkg:golang/" + escape(name) + "@" + escape(version)
	c := component{Ref: purl, Type: "library", Name: name, Version: version, PURL: purl}
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	return c
}

// escape writes what a package URL reserves and module paths and versions may
// have: "+incompatible".
func escape(text string) string { return strings.ReplaceAll(text, "+", "%2B") }

// serial is a UUID (RFC 9562, version 8) made of the program's digest.
func serial(digest [sha256.Size]byte) string {
	id := digest[:16]
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
