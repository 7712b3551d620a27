package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// Image is a container image made of files of the host. There is no registry: pods that use it say
// imagePullPolicy: Never, or nothing if its tag is not latest.
type Image struct {
	// Name is the full name, with registry and tag: docker.io/local/memcached:1.
	Name string
	// Binary is a static program of the host. In the image it is /<its name>, and the entrypoint unless
	// Entrypoint says otherwise.
	Binary string
	// Files are files of the host by their path in the image. Links are followed, modes kept.
	Files map[string]string
	// Contents are files by their path in the image, for what the host does not have.
	Contents map[string]string
	// Entrypoint and Args are what runs; Env are NAME=value; User is "uid" or "uid:gid", root when empty.
	Entrypoint []string
	Args       []string
	Env        []string
	User       string
}

// LoadImage puts an image onto every node.
func (c *Cluster) LoadImage(ctx context.Context, img Image) error {
	archive, err := img.archive()
	if err != nil {
		return err
	}
	return c.progress.during("loading image "+img.Name, func() error {
		group, ctx := errgroup.WithContext(ctx)
		for _, n := range c.nodes {
			group.Go(func() error { return c.importImage(ctx, n, archive) })
		}
		return group.Wait()
	})
}

func (c *Cluster) importImage(ctx context.Context, n *Node, archive []byte) error {
	_, err := n.ExecInput(ctx, archive, c.ctr("images", "import", "-")...)
	return err
}

// complete fills in what follows from the rest.
func (img Image) complete() (Image, error) {
	if img.Name == "" {
		return img, errors.New("an image needs a name, such as docker.io/local/x:1")
	}
	img.Files = maps.Clone(img.Files)
	if img.Binary != "" {
		if img.Files == nil {
			img.Files = map[string]string{}
		}
		place := path.Join("/", filepath.Base(img.Binary))
		img.Files[place] = img.Binary
		if len(img.Entrypoint) == 0 {
			img.Entrypoint = []string{place}
		}
	}
	if len(img.Entrypoint) == 0 {
		return img, fmt.Errorf("image %s needs a Binary or an Entrypoint", img.Name)
	}
	return img, nil
}
