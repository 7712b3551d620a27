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

	"github.com/inshore-dev/inshore/policies/bundle"
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

// sparse are files that take next to nothing in the archive and say that they
// are half as large as a bundle may be (GNU's sparse format 0.1, which
// archive/tar reads and does not write).
func sparse(t *testing.T, count int) []byte {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	for i := range count {
		size := fmt.Sprint(bundle.MaxUnpacked / 2)
		records := record("GNU.sparse.size", size) + record("GNU.sparse.numblocks", "1") + record("GNU.sparse.map", "0,1")
		_, err := zipped.Write(append(block(t, 'x', "pax", records), block(t, '0', fmt.Sprintf("f%d.txt", i), "#")...))
		must(t, err)
	}
	_, err := zipped.Write(make([]byte, 1024))
	must(t, errors.Join(err, zipped.Close()))
	return out.Bytes()
}

// record is a PAX record: its length, the digits of that included.
func record(key, value string) string {
	text := fmt.Sprintf(" %s=%s\n", key, value)
	length := len(text) + 2
	return fmt.Sprintf("%d%s", length, text)
}

// block is an entry of a tar of any type.
func block(t *testing.T, kind byte, name, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	writer := tar.NewWriter(&out)
	must(t, writer.WriteHeader(&tar.Header{Name: name, Size: int64(len(text)), Mode: 0o644, Format: tar.FormatUSTAR}))
	_, err := writer.Write([]byte(text))
	must(t, errors.Join(err, writer.Flush()))
	const typeflag, checksum, end = 156, 148, 512
	header := out.Bytes()[:end]
	header[typeflag] = kind
	copy(header[checksum:], "        ") // as which it is counted
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[checksum:], fmt.Sprintf("%06o\x00 ", sum))
	return out.Bytes()
}
