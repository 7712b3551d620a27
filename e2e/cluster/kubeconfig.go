package cluster

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfig renders a self-contained file with which a component is the given user.
func kubeconfig(name, server string, ca *authority, user string, groups ...string) ([]byte, error) {
	pair, err := ca.client(user, groups...)
	if err != nil {
		return nil, err
	}
	config := api.NewConfig()
	config.Clusters[name] = &api.Cluster{Server: server, CertificateAuthorityData: ca.pem}
	config.AuthInfos[user] = &api.AuthInfo{ClientCertificateData: pair.cert, ClientKeyData: pair.key}
	config.Contexts[name] = &api.Context{Cluster: name, AuthInfo: user}
	config.CurrentContext = name
	text, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encode the kubeconfig of %s: %w", user, err)
	}
	return text, nil
}

// insideKubeconfig is where each machine has an administrator's kubeconfig, below /var.
const insideKubeconfig = "lib/kubernetes/admin.conf"

// InsideKubeconfig returns the path of an administrator's kubeconfig for programs that run on the cluster's
// machines, see [Node]. They see neither the host's network nor its /var.
func (c *Cluster) InsideKubeconfig() string { return "/var/" + insideKubeconfig }
