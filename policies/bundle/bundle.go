package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	opabundle "github.com/open-policy-agent/opa/v1/bundle"
	"golang.org/x/tools/txtar"
)

// The bounds of a bundle. 1,000 rules in 630 KB of Rego allocate 118 MiB while
// they compile and keep 25, and the webhook may use 256 MiB: what is larger
// must not end the process that the rules in force run in. Inshore's own rules
// are 60 KiB.
const (
	MaxPacked   = 1 << 20 // bytes of the .tar.gz
	MaxUnpacked = 1 << 20 // bytes of all files together
	MaxFiles    = 1000
)

// manifestName is the manifest's, in bundles, folders and ConfigMaps alike.
const manifestName = ".manifest"

// Bundle is a set of Rego files. It does not change once made.
type Bundle struct {
	// Revision is what the manifest says, which may be nothing; for people only.
	Revision string
	// Digest is a hash of Files and Retired. Bundles of one digest are the same.
	Digest string
	// Retired are the ids of rules that are gone on purpose.
	Retired []string

	files map[string]string
}

// New makes a bundle of files by their path, the manifest among them if there
// is one. Files that are neither Rego nor the manifest are left out, as are
// tests (*_test.rego).
func New(files map[string]string) (*Bundle, error) {
	var manifest opabundle.Manifest
	if text, ok := files[manifestName]; ok {
		if err := json.Unmarshal([]byte(text), &manifest); err != nil {
			return nil, fmt.Errorf("reading %s: %w", manifestName, err)
		}
	}
	kept, size := map[string]string{}, 0
	for name, text := range files {
		if !fs.ValidPath(name) {
			return nil, fmt.Errorf("the path %q leads out of the bundle", name)
		}
		if path.Ext(name) == ".rego" && !strings.HasSuffix(name, "_test.rego") {
			if !isText(text) {
				return nil, notText(name)
			}
			kept[name] = text
			size += len(text)
		}
	}
	if size > MaxUnpacked || len(kept) > MaxFiles {
		return nil, tooLarge(len(kept), size)
	}
	return newBundle(kept, manifest)
}

// Size is how many bytes of Rego the bundle holds.
func (b *Bundle) Size() int {
	size := 0
	for _, text := range b.files {
		size += len(text)
	}
	return size
}

func newBundle(files map[string]string, manifest opabundle.Manifest) (*Bundle, error) {
	retired, err := retiredOf(manifest.Metadata)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", manifestName, err)
	}
	b := &Bundle{Revision: manifest.Revision, Retired: retired, files: files}
	// Both marshal, and maps do so in the order of their keys.
	text, _ := json.Marshal([]any{files, retired})
	sum := sha256.Sum256(text)
	b.Digest = hex.EncodeToString(sum[:])[:16]
	return b, nil
}

// retiredOf reads {"inshore": {"retired": [...]}}. What cannot be read is an
// error: a typing mistake here would be found out when the rule is dropped.
func retiredOf(metadata map[string]any) ([]string, error) {
	ours, ok := metadata["inshore"]
	if !ok {
		return nil, nil
	}
	text, err := json.Marshal(ours)
	if err != nil {
		return nil, err
	}
	var known struct {
		Retired []string `json:"retired"`
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&known); err != nil {
		return nil, fmt.Errorf(`metadata.inshore is not {"retired": [ids]}: %w`, err)
	}
	slices.Sort(known.Retired)
	return known.Retired, nil
}

// Paths are the paths of the files, sorted.
func (b *Bundle) Paths() []string { return slices.Sorted(maps.Keys(b.files)) }

// FS is the bundle's files as policies.Config takes them.
func (b *Bundle) FS() (fs.FS, error) {
	archive := &txtar.Archive{}
	for _, name := range b.Paths() {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(b.files[name])})
	}
	files, err := txtar.FS(archive)
	if err != nil {
		return nil, fmt.Errorf("laying out the bundle: %w", err)
	}
	return files, nil
}

func tooLarge(files, size int) error {
	return fmt.Errorf("%d files of %d KiB are too much for a bundle: at most %d files of %d KiB together",
		files, size>>10, MaxFiles, MaxUnpacked>>10)
}

// isText reports whether Rego may be parsed. Of a comment of other characters
// OPA's parser says with each that it is wrong, and repeats the line: 40 KB of
// them are an error of 1.6 GB.
func isText(rego string) bool {
	return utf8.ValidString(rego) && !strings.ContainsAny(rego, "\x00\ufeff")
}

func notText(name string) error {
	return fmt.Errorf("%s is no text: save it as UTF-8, without a byte order mark", name)
}

var errNoRego = errors.New("no .rego file is in it")
