package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
)

// repack is a bundle with another file, or with another text of one it has.
func repack(t *testing.T, data []byte, more entry) []byte {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	must(t, err)
	var entries []entry
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		text, err := io.ReadAll(reader)
		must(t, err)
		if header.Name != more.name {
			entries = append(entries, entry{name: header.Name, text: string(text)})
		}
	}
	return archive(t, append(entries, more)...)
}

// many are files that do nothing.
func many(count int) []entry {
	var entries []entry
	for i := range count {
		entries = append(entries, entry{name: fmt.Sprintf("/f%d.rego", i), text: fmt.Sprintf("package acme.f%d\n", i)})
	}
	return entries
}

// secretOf is a file with the same bytes that is not taken for PEM.
func secretOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	must(t, err)
	return write(t, "secret", bytes.ReplaceAll(data, []byte("-----BEGIN"), []byte("----- BEGIN")))
}
