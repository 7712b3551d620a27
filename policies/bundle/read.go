package bundle

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	opabundle "github.com/open-policy-agent/opa/v1/bundle"
)

// Read reads a bundle as it travels (.tar.gz). With a key it must be signed by
// that key; without one its signature is not looked at. Whether the rules
// compile is not checked here.
func Read(data []byte, key *VerificationKey) (read *Bundle, err error) {
	// What was sent must cost an error, not the process that judges meanwhile.
	defer func() {
		if cause := recover(); cause != nil {
			read, err = nil, fmt.Errorf("reading the bundle: panic: %v", cause)
		}
	}()
	if err := inspect(data); err != nil {
		return nil, fmt.Errorf("reading the bundle: %w", err)
	}
	reader := opabundle.NewReader(bytes.NewReader(data)).
		WithRegoVersion(ast.RegoV1).
		WithSizeLimitBytes(MaxUnpacked + 1)
	if key == nil {
		reader = reader.WithSkipBundleVerification(true)
	} else {
		reader = reader.WithBundleVerificationConfig(key.config())
	}
	content, err := reader.Read()
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading the bundle: %w", err)
	case content.Type() != opabundle.SnapshotBundleType:
		return nil, errors.New("reading the bundle: it is a patch (delta bundle): send whole ones")
	case len(content.Data) > 0:
		return nil, errors.New("reading the bundle: it has data documents, which rules here cannot read: write them as constants of a package")
	case len(content.WasmModules)+len(content.PlanModules) > 0:
		return nil, errors.New("reading the bundle: it has compiled policies: build it without --target, of Rego")
	case len(content.Modules) == 0:
		return nil, fmt.Errorf("reading the bundle: %w", errNoRego)
	}
	files := map[string]string{}
	for _, module := range content.Modules {
		if name := inside(module.RelativePath); !strings.HasSuffix(name, "_test.rego") {
			files[name] = string(module.Raw)
		}
	}
	return newBundle(files, content.Manifest)
}

// inspect refuses what is not worth unpacking: it reads one file after the other
// and keeps nothing, so a bomb costs time in proportion to the bounds only.
func inspect(data []byte) error {
	if len(data) > MaxPacked {
		return fmt.Errorf("%d KiB are too much for a bundle: at most %d", len(data)>>10, MaxPacked>>10)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("this is no gzip: %w", err)
	}
	// A file's header and padding take up to 1 KiB more than what is in it.
	bounded := &io.LimitedReader{R: unzipped, N: MaxUnpacked + MaxFiles<<10}
	seen, size := map[string]bool{}, int64(0)
	for archive := tar.NewReader(bounded); ; {
		header, err := archive.Next()
		if bounded.N <= 0 {
			return tooLarge(len(seen), MaxUnpacked+1)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("it is cut off, or no tar: %w", err)
		}
		if err := inspectEntry(header, seen); err != nil {
			return err
		}
		// A sparse file says more than it holds, and is unpacked as it says.
		if size += header.Size; len(seen) > MaxFiles || header.Size > MaxUnpacked || size > MaxUnpacked {
			return tooLarge(len(seen), int(min(size, math.MaxInt32)))
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("it is cut off: %w", err)
		}
		if path.Ext(header.Name) == ".rego" && !isText(string(text)) {
			return notText(header.Name)
		}
	}
	// The checksum is at the very end.
	if _, err := io.Copy(io.Discard, bounded); err != nil {
		return fmt.Errorf("it is cut off or damaged: %w", err)
	}
	if bounded.N <= 0 {
		return tooLarge(len(seen), MaxUnpacked+1)
	}
	return nil
}

func inspectEntry(header *tar.Header, seen map[string]bool) error {
	name := inside(header.Name)
	switch header.Typeflag {
	case tar.TypeXGlobalHeader:
		return nil // git archive writes one
	case tar.TypeDir:
		if name == "." {
			return nil
		}
	case tar.TypeReg:
		if seen[name] {
			return fmt.Errorf("the path %q is in it twice", header.Name)
		}
		seen[name] = true
	default:
		return fmt.Errorf("%q is a link or a device: only files and folders may be in a bundle", header.Name)
	}
	climbs := slices.Contains(strings.Split(header.Name, "/"), "..")
	if climbs || !fs.ValidPath(name) || strings.ContainsAny(name, "\\\x00") {
		return fmt.Errorf("the path %q leads out of the bundle", header.Name)
	}
	return nil
}

// inside is a path from the bundle's root. OPA writes it with a slash before
// it, tar with a dot and a slash if it is told to pack a folder.
func inside(name string) string { return path.Clean(strings.TrimPrefix(name, "/")) }
