package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
)

const (
	layerType    = "application/vnd.oci.image.layer.v1.tar"
	configType   = "application/vnd.oci.image.config.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	indexType    = "application/vnd.oci.image.index.v1+json"
)

// descriptor points to a blob, as the OCI image specification has it.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type imageConfig struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Config       struct {
		User       string   `json:"User,omitempty"`
		Env        []string `json:"Env,omitempty"`
		Entrypoint []string `json:"Entrypoint,omitempty"`
		Cmd        []string `json:"Cmd,omitempty"`
		WorkingDir string   `json:"WorkingDir"`
	} `json:"config"`
	RootFS struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
}

type imageManifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type imageIndex struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

// archive renders the image as a tar of the OCI image layout. The same files give the same bytes.
func (img Image) archive() ([]byte, error) {
	img, err := img.complete()
	if err != nil {
		return nil, err
	}
	var config imageConfig
	config.Architecture, config.OS = runtime.GOARCH, "linux"
	config.Config.User, config.Config.Env = img.User, append([]string{"PATH=" + systemPath}, img.Env...)
	config.Config.Entrypoint, config.Config.Cmd, config.Config.WorkingDir = img.Entrypoint, img.Args, "/"
	config.RootFS.Type = "layers"

	l := newLayout()
	layer, err := img.layer()
	if err != nil {
		return nil, fmt.Errorf("make image %s: %w", img.Name, err)
	}
	layerAt := l.blob(layerType, layer)
	config.RootFS.DiffIDs = []string{layerAt.Digest}
	configAt := l.blob(configType, encode(config))
	manifestAt := l.blob(manifestType, encode(imageManifest{
		SchemaVersion: 2, MediaType: manifestType, Config: configAt, Layers: []descriptor{layerAt},
	}))
	// containerd's importer takes the image's name from this annotation.
	manifestAt.Annotations = map[string]string{"io.containerd.image.name": img.Name}
	l.file("index.json", encode(imageIndex{SchemaVersion: 2, MediaType: indexType, Manifests: []descriptor{manifestAt}}))
	l.file("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
	return l.close()
}

// encode renders what can always be rendered: structs of strings and numbers.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// layer is the image's only one.
func (img Image) layer() ([]byte, error) {
	l := newLayout()
	l.dir("tmp", 0o1777)
	made := map[string]bool{"tmp": true}
	for _, name := range slices.Sorted(maps.Keys(img.Files)) {
		if err := l.copy(inImage(name), img.Files[name], made); err != nil {
			return nil, err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(img.Contents)) {
		l.parents(inImage(name), made)
		l.file(inImage(name), []byte(img.Contents[name]))
	}
	return l.close()
}

// inImage makes a path one of the tar's, which have no leading slash.
func inImage(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// layout writes a tar to memory, where writing only fails for good, so errors are kept for the end.
type layout struct {
	buffer *bytes.Buffer
	tar    *tar.Writer
	err    error
}

func newLayout() *layout {
	buffer := new(bytes.Buffer)
	return &layout{buffer: buffer, tar: tar.NewWriter(buffer)}
}

func (l *layout) blob(mediaType string, content []byte) descriptor {
	sum := fmt.Sprintf("%x", sha256.Sum256(content))
	l.file("blobs/sha256/"+sum, content)
	return descriptor{MediaType: mediaType, Digest: "sha256:" + sum, Size: len(content)}
}

func (l *layout) file(name string, content []byte) { l.write(name, 0o644, content) }

func (l *layout) write(name string, mode int64, content []byte) {
	header := &tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	err := l.tar.WriteHeader(header)
	if err == nil {
		_, err = l.tar.Write(content)
	}
	l.err = errors.Join(l.err, err)
}

func (l *layout) dir(name string, mode int64) {
	header := &tar.Header{Name: name + "/", Mode: mode, Typeflag: tar.TypeDir, Format: tar.FormatPAX}
	l.err = errors.Join(l.err, l.tar.WriteHeader(header))
}

// parents makes the folders above a file that are not made yet.
func (l *layout) parents(name string, made map[string]bool) {
	dir := path.Dir(name)
	if dir == "." || made[dir] {
		return
	}
	l.parents(dir, made)
	l.dir(dir, 0o755)
	made[dir] = true
}

// copy adds a file of the host.
func (l *layout) copy(name, source string, made map[string]bool) error {
	file, err := os.Open(source)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a regular file", source)
	}
	content, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	l.parents(name, made)
	l.write(name, int64(info.Mode().Perm()), content)
	return nil
}

func (l *layout) close() ([]byte, error) {
	if err := errors.Join(l.err, l.tar.Close()); err != nil {
		return nil, fmt.Errorf("write tar: %w", err)
	}
	return l.buffer.Bytes(), nil
}
