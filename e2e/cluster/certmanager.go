package cluster

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// certManagerNamespace holds the secrets of ClusterIssuers, as in cert-manager's own installation.
const certManagerNamespace = "cert-manager"

// certManagerProbe is an issuer and a certificate that only work once cert-manager does.
const certManagerProbe = `apiVersion: v1
kind: Namespace
metadata:
  name: ` + certManagerNamespace + `
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata:
  name: probe
  namespace: ` + certManagerNamespace + `
spec:
  selfSigned: {}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: probe
  namespace: ` + certManagerNamespace + `
spec:
  secretName: probe
  commonName: probe
  issuerRef:
    name: probe
`

// StartCertManager installs cert-manager's definitions and runs its real controllers, for self-signed and CA
// issuers, and its CA injector, on the control plane's machine. It returns when a certificate was issued.
func (c *Cluster) StartCertManager(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	built, err := certManagerProgram.build(ctx, root, c.progress)
	if err != nil {
		return err
	}
	if err := c.installCRDs(ctx, filepath.Join(built, "crds")); err != nil {
		return err
	}
	if err := c.Apply(ctx, certManagerProbe); err != nil {
		return fmt.Errorf("create cert-manager's first certificate: %w", err)
	}
	// Its own roles are not what is tried here, so it is an administrator.
	if err := c.writeKubeconfig(controlPlaneName, confDir+"/cert-manager.conf", "cert-manager", "system:masters"); err != nil {
		return err
	}
	err = c.run(c.control, "cert-manager", nil, filepath.Join(built, "certmanager"), "--kubeconfig=/var/"+confDir+"/cert-manager.conf")
	if err != nil {
		return err
	}
	err = c.step(ctx, "cert-manager's first certificate", startLimit, func(ctx context.Context) (bool, string, error) {
		state, err := c.Kubectl(ctx, "", "get", "certificate", "probe", "--namespace", certManagerNamespace,
			"-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].message}`)
		if err != nil {
			return false, err.Error(), nil
		}
		return len(state) >= 4 && state[:4] == "True", state, nil
	})
	if err != nil {
		return err
	}
	_, err = c.Kubectl(ctx, "", "delete", "issuer/probe", "certificate/probe", "secret/probe", "--namespace", certManagerNamespace)
	return err
}

// installCRDs applies every definition in a folder and waits until the API server serves them.
func (c *Cluster) installCRDs(ctx context.Context, dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("no definitions in %s: %w", dir, fs.ErrNotExist)
	}
	if err != nil {
		return fmt.Errorf("find cert-manager's definitions: %w", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = c.Apply(ctx, string(text))
		}
		if err != nil {
			return fmt.Errorf("install %s: %w", filepath.Base(file), err)
		}
	}
	_, err = c.Kubectl(ctx, "", "wait", "--for=condition=Established", "--timeout=2m", "--filename", dir)
	return err
}
