package policy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/policies/oci"
)

// Source is a set of rules that somebody named on the command line.
type Source struct {
	Name string
	// Files are the rules, with their tests where the source has them.
	Files fs.FS
	// Bundle is the same without tests.
	Bundle *bundle.Bundle
	// Packed is the bundle as it travels, if that is what the source is; nil for
	// a folder.
	Packed []byte
}

// Open opens a folder, a bundle (.tar.gz), or an image layout (oci:FOLDER:TAG).
// With a key a bundle must be signed by it, and a folder is refused.
func Open(ctx context.Context, name string, key *bundle.VerificationKey) (*Source, error) {
	if oci.IsReference(name) {
		reference, err := oci.ParseReference(name)
		if err != nil {
			return nil, err
		}
		data, _, err := oci.Pull(ctx, reference)
		if err != nil {
			return nil, err
		}
		return unpack(name, data, key)
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: no such folder or bundle", name)
	case err != nil:
		return nil, err
	case !info.IsDir():
		if info.Size() > bundle.MaxPacked {
			return nil, fmt.Errorf("%s: %d KiB are too much for a bundle: at most %d", name, info.Size()>>10, bundle.MaxPacked>>10)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return unpack(name, data, key)
	case key != nil:
		return nil, fmt.Errorf("%s: a folder has no signature", name)
	}
	files := os.DirFS(name)
	content, err := bundle.FromFS(files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Source{Name: filepath.Clean(name), Files: files, Bundle: content}, nil
}

func unpack(name string, data []byte, key *bundle.VerificationKey) (*Source, error) {
	content, err := bundle.Read(data, key)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	files, err := content.FS()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Source{Name: name, Files: files, Bundle: content, Packed: data}, nil
}

// Bundles are the files of sources, as policies.Config takes them.
func Bundles(sources []*Source) []fs.FS {
	var all []fs.FS
	for _, source := range sources {
		all = append(all, policies.Named(source.Name, source.Files))
	}
	return all
}
