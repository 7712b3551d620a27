package oci

import (
	"context"
	"encoding/json"
	"fmt"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	oras "oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/memory"

	"github.com/inshore-dev/inshore/policies/bundle"
)

// created makes an artifact of the same bundle the same artifact.
const created = "1970-01-01T00:00:00Z"

// Push writes a bundle (.tar.gz) to where a reference says, and returns the
// artifact's digest. The same bundle gives the same digest.
func Push(ctx context.Context, reference Reference, data []byte) (digest string, err error) {
	target, err := reference.target(ctx)
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", reference, err)
	}
	staged := memory.New()
	layer, err := oras.PushBytes(ctx, staged, ocispec.MediaTypeImageLayerGzip, data)
	if err != nil {
		return "", fmt.Errorf("packing the bundle: %w", err)
	}
	layer.Annotations = map[string]string{ocispec.AnnotationTitle: "bundle.tar.gz"}
	config, err := oras.PushBytes(ctx, staged, ocispec.MediaTypeImageConfig, []byte("{}"))
	if err != nil {
		return "", fmt.Errorf("packing the bundle: %w", err)
	}
	manifest, err := oras.PackManifest(ctx, staged, oras.PackManifestVersion1_1, "", oras.PackManifestOptions{
		Layers:              []ocispec.Descriptor{layer},
		ConfigDescriptor:    &config,
		ManifestAnnotations: map[string]string{ocispec.AnnotationCreated: created},
	})
	if err != nil {
		return "", fmt.Errorf("packing the bundle: %w", err)
	}
	if err := oras.CopyGraph(ctx, staged, target, manifest, oras.DefaultCopyGraphOptions); err != nil {
		return "", fmt.Errorf("writing to %s: %w", reference, err)
	}
	if err := target.Tag(ctx, manifest, reference.Version); err != nil {
		return "", fmt.Errorf("tagging %s: %w", reference, err)
	}
	return manifest.Digest.String(), nil
}

// Pull reads a bundle (.tar.gz) from where a reference says. What comes is
// checked against its digests, and its size against bundle.MaxPacked before it
// is fetched. Nothing else of it is trusted: read it with bundle.Read.
func Pull(ctx context.Context, reference Reference) (data []byte, digest string, err error) {
	source, err := reference.source(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("opening %s: %w", reference, err)
	}
	found, text, err := oras.FetchBytes(ctx, source, reference.Version, oras.DefaultFetchBytesOptions)
	if err != nil {
		return nil, "", fmt.Errorf("reading %s: %w", reference, err)
	}
	if found.MediaType != ocispec.MediaTypeImageManifest {
		return nil, "", fmt.Errorf("reading %s: it is a %s, not the manifest of a bundle", reference, found.MediaType)
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, "", fmt.Errorf("reading the manifest of %s: %w", reference, err)
	}
	if len(manifest.Layers) != 1 || manifest.Layers[0].MediaType != ocispec.MediaTypeImageLayerGzip {
		return nil, "", fmt.Errorf("reading %s: a bundle has one layer of type %s, and nothing else", reference, ocispec.MediaTypeImageLayerGzip)
	}
	layer := manifest.Layers[0]
	if layer.Size > bundle.MaxPacked {
		return nil, "", fmt.Errorf("reading %s: %d KiB are too much for a bundle: at most %d", reference, layer.Size>>10, bundle.MaxPacked>>10)
	}
	data, err = content.FetchAll(ctx, source, layer)
	if err != nil {
		return nil, "", fmt.Errorf("reading the bundle of %s: %w", reference, err)
	}
	return data, found.Digest.String(), nil
}
