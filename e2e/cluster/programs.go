package cluster

import (
	"context"
)

// programs are the folders of the components' programs, and the program that machines start with.
type programs struct {
	Etcd       string `json:"etcd"`
	Kubernetes string `json:"kubernetes"`
	Containerd string `json:"containerd,omitempty"`
	CNI        string `json:"cni,omitempty"`
	Labinit    string `json:"labinit"`
}

// buildPrograms builds what a cluster runs; one without nodes needs no containers.
func buildPrograms(ctx context.Context, nodes bool, p *progress) (programs, error) {
	root, err := Root()
	if err != nil {
		return programs{}, err
	}
	var built programs
	wanted := []struct {
		component component
		dir       *string
	}{
		{etcdProgram, &built.Etcd}, {kubernetesPrograms, &built.Kubernetes},
		{containerdPrograms, &built.Containerd}, {cniPlugins, &built.CNI},
	}
	for _, want := range wanted {
		if !nodes && (want.dir == &built.Containerd || want.dir == &built.CNI) {
			continue
		}
		if *want.dir, err = want.component.build(ctx, root, p); err != nil {
			return programs{}, err
		}
	}
	built.Labinit, err = labinitProgram.build(ctx, root, p)
	return built, err
}

// pauseArchive builds the image that holds pods open.
func pauseArchive(ctx context.Context, p *progress) ([]byte, error) {
	root, err := Root()
	if err != nil {
		return nil, err
	}
	binary, err := pauseProgram.build(ctx, root, p)
	if err != nil {
		return nil, err
	}
	return Image{Name: pauseImage, Binary: binary, User: "65535:65535"}.archive()
}
