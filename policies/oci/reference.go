package oci

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	oras "oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/credentials"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// Reference is where an artifact is.
type Reference struct {
	// Layout is the folder of an image layout; empty for a registry.
	Layout string
	// Repository is registry and repository, registry.example/team/rules; empty
	// for a layout.
	Repository string
	// Version is a tag, or a digest (sha256:…).
	Version string
}

// layoutPrefixes mark folders. The first is how skopeo and others write it.
var layoutPrefixes = []string{"oci:", "oci-layout:"}

// IsReference reports whether a text is meant as a folder's reference rather
// than as a file.
func IsReference(text string) bool {
	for _, prefix := range layoutPrefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// ParseReference reads oci:FOLDER:TAG and REGISTRY/REPOSITORY:TAG, either with
// @sha256:… in place of the tag. Without a tag it is latest.
func ParseReference(text string) (Reference, error) {
	registry, isRegistry := strings.CutPrefix(text, "oci://") // as Helm writes it
	for _, prefix := range layoutPrefixes {
		if rest, ok := strings.CutPrefix(text, prefix); ok && !isRegistry {
			folder, version := split(rest)
			if folder == "" {
				return Reference{}, fmt.Errorf("%q names no folder: write oci:FOLDER:TAG", text)
			}
			return Reference{Layout: folder, Version: version}, nil
		}
	}
	name, version := split(registry)
	repository, err := remote.NewRepository(name)
	if err != nil {
		return Reference{}, fmt.Errorf("%q is no reference: write REGISTRY/REPOSITORY:TAG or oci:FOLDER:TAG", text)
	}
	if repository.Reference.Reference != "" {
		return Reference{}, fmt.Errorf("%q has two versions", text)
	}
	return Reference{Repository: name, Version: version}, nil
}

// split divides a name from its tag or digest. A colon before a slash is a
// port's.
func split(text string) (name, version string) {
	if name, digest, ok := strings.Cut(text, "@"); ok {
		return name, digest
	}
	if i := strings.LastIndex(text, ":"); i > strings.LastIndex(text, "/") {
		return text[:i], text[i+1:]
	}
	return text, "latest"
}

func (r Reference) String() string {
	separator := ":"
	if strings.Contains(r.Version, ":") {
		separator = "@"
	}
	if r.Layout != "" {
		return layoutPrefixes[0] + r.Layout + separator + r.Version
	}
	return r.Repository + separator + r.Version
}

// target is where artifacts go to.
func (r Reference) target(ctx context.Context) (oras.Target, error) {
	if r.Layout != "" {
		return oci.NewWithContext(ctx, r.Layout)
	}
	return r.registry()
}

// source is where artifacts come from. A folder is not made if it is not there.
func (r Reference) source(ctx context.Context) (oras.ReadOnlyTarget, error) {
	if r.Layout != "" {
		return oci.NewFromFS(ctx, os.DirFS(r.Layout))
	}
	return r.registry()
}

// registry uses the credentials of docker login. A registry on this machine is
// spoken to in clear, as docker does.
func (r Reference) registry() (*remote.Repository, error) {
	repository, err := remote.NewRepository(r.Repository)
	if err != nil {
		return nil, err
	}
	store, err := credentials.NewStoreFromDocker(credentials.StoreOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading the credentials of docker login: %w", err)
	}
	repository.Client = &auth.Client{Client: retry.DefaultClient, Cache: auth.NewCache(), Credential: credentials.Credential(store)}
	repository.PlainHTTP = onThisMachine(repository.Reference.Host())
	return repository, nil
}

func onThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}
