package bundle

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// FromFS reads a folder. What is hidden is left out, except the manifest at
// the top: a mounted ConfigMap has each file a second time below ..data.
func FromFS(files fs.FS) (*Bundle, error) {
	found, size := map[string]string{}, int64(0)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case entry.IsDir() || name != manifestName && (hidden || path.Ext(name) != ".rego"):
			return nil
		}
		info, err := fs.Stat(files, name) // follows the links of a mounted ConfigMap
		if err != nil {
			return err
		}
		if size += info.Size(); size > MaxUnpacked || len(found) >= MaxFiles {
			return tooLarge(len(found)+1, int(size))
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		found[name] = string(text)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the folder: %w", err)
	}
	return New(found)
}
