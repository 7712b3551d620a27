package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestArchiveHoldsTheImageUnderItsName(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "server")
	if err := os.WriteFile(binary, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	img := Image{
		Name: "docker.io/local/server:1", Binary: binary, User: "65532", Env: []string{"A=b"},
		Contents: map[string]string{"/etc/server/config": "text"},
	}
	archive, err := img.archive()
	if err != nil {
		t.Fatal(err)
	}
	files := untar(t, archive)

	var index imageIndex
	decode(t, files["index.json"], &index)
	if got := index.Manifests[0].Annotations["io.containerd.image.name"]; got != img.Name {
		t.Errorf("name: got %q, want %q", got, img.Name)
	}
	var manifest imageManifest
	decode(t, blob(t, files, index.Manifests[0]), &manifest)
	var config imageConfig
	decode(t, blob(t, files, manifest.Config), &config)
	if got := fmt.Sprintln(config.Config.Entrypoint, config.Config.User, config.Config.Env[1]); got != "[/server] 65532 A=b\n" {
		t.Errorf("config: got %s", got)
	}
	layer := untar(t, blob(t, files, manifest.Layers[0]))
	if string(layer["server"]) != "program" || string(layer["etc/server/config"]) != "text" {
		t.Errorf("layer: got %q", layer)
	}
	for _, dir := range []string{"tmp/", "etc/", "etc/server/"} {
		if _, ok := layer[dir]; !ok {
			t.Errorf("layer lacks folder %s", dir)
		}
	}
}

func TestArchiveIsTheSameForTheSameImage(t *testing.T) {
	img := Image{
		Name: "docker.io/local/x:1", Entrypoint: []string{"/x"},
		Contents: map[string]string{"/a": "1", "/b": "2", "/c/d": "3"},
	}
	first, err := img.archive()
	if err != nil {
		t.Fatal(err)
	}
	second, err := img.archive()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("two archives of one image differ")
	}
}

func TestArchiveRefusesAnImageThatCannotRun(t *testing.T) {
	tests := map[string]struct {
		img  Image
		want string
	}{
		"without a name":      {Image{Entrypoint: []string{"/x"}}, "needs a name"},
		"without a program":   {Image{Name: "x"}, "needs a Binary or an Entrypoint"},
		"of a file not there": {Image{Name: "x", Binary: "/does/not/exist"}, "no such file"},
		"of a folder as file": {Image{Name: "x", Binary: "/tmp"}, "not a regular file"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := test.img.archive()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func untar(t *testing.T, archive []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(reader); err != nil {
			t.Fatal(err)
		}
	}
}

func blob(t *testing.T, files map[string][]byte, at descriptor) []byte {
	t.Helper()
	content := files["blobs/sha256/"+strings.TrimPrefix(at.Digest, "sha256:")]
	if got := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); got != at.Digest || len(content) != at.Size {
		t.Fatalf("blob %s: its content is %s with %d bytes, want %d", at.Digest, got, len(content), at.Size)
	}
	return content
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}
