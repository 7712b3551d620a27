package cluster

import (
	"bytes"
	"fmt"
	"net/netip"
	"text/template"
)

// pauseImage is what containerd holds a pod's namespaces open with.
const pauseImage = "registry.k8s.io/pause:3.10"

// podnetFile is the only one of a node's files that is run.
const podnetFile = "lib/cni/bin/podnet"

// nodeFiles are a node's configuration files by their place below /var.
type nodeFiles map[string][]byte

// nodeSettings is what differs between nodes, and between clusters.
type nodeSettings struct {
	Name    string
	PodNets []netip.Prefix
	CNIBin  string
	Proxy   ProxyMode
	DNS     bool
}

// containerdConfig: everything that belongs to a node is below /var or /run, which are its own. Images are
// in memory, below /run: a cluster that is taken down minutes later should not wait for a disk.
var containerdConfig = parse("containerd", `version = 3
root = '/run/containerd-images'
state = '/run/containerd'

[grpc]
address = '/run/containerd/containerd.sock'

[plugins.'io.containerd.internal.v1.opt']
path = '/run/containerd-images/opt'

[plugins.'io.containerd.nri.v1.nri']
disable = true

[plugins.'io.containerd.cri.v1.images'.pinned_images]
sandbox = '{{ pauseImage }}'

[plugins.'io.containerd.cri.v1.runtime']
# Network namespaces stay below /run and so go with the node.
netns_mounts_under_state_dir = true
# A harness that runs in a container itself may not lower the score it was given.
restrict_oom_score_adj = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
bin_dirs = ['{{ .CNIBin }}', '/var/lib/cni/bin']
conf_dir = '/var/lib/cni/net.d'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
`)

// cniConfig links pods point to point, so that traffic between pods of one node is routed: it passes the
// node's packet filter, and with it kube-proxy's rules, even on kernels without br_netfilter.
// The type is that of podnet below, which runs ptp.
var cniConfig = parse("cni", `{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {
      "type": "podnet",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam",
        "ranges": [{{ range $i, $net := .PodNets }}{{ if $i }}, {{ end }}[{"subnet": "{{ $net }}"}]{{ end }}],
        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`)

// podnet is the CNI plugin ptp, but that pods need not wait a second or two until it is sure that nobody
// has their IPv6 address (RFC 4862, duplicate address detection): who is at the other end of the link is known.
var podnet = parse("podnet", `#!/bin/sh
set -e
if [ "$CNI_COMMAND" = ADD ]; then
  nsenter --net="$CNI_NETNS" sh -c 'echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad'
fi
exec {{ .CNIBin }}/ptp
`)

var kubeletConfig = parse("kubelet", `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
authentication:
  anonymous:
    enabled: false
  webhook:
    enabled: true
  x509:
    clientCAFile: /var/lib/kubelet/ca.crt
authorization:
  mode: Webhook
tlsCertFile: /var/lib/kubelet/server.crt
tlsPrivateKeyFile: /var/lib/kubelet/server.key
clusterDomain: cluster.local
{{- if .DNS }}
clusterDNS:
- {{ dnsService }}
{{- end }}
resolvConf: /var/lib/kubelet/resolv.conf
# Pods are limited by their own cgroups only; the node's is the machine's.
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
failSwapOn: false
# The disk is the host's, and how full it is not the cluster's affair.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard:
  memory.available: 50Mi
  nodefs.available: 0%
  imagefs.available: 0%
  nodefs.inodesFree: 0%
  imagefs.inodesFree: 0%
`)

var proxyConfig = parse("kube-proxy", `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: {{ .Proxy }}
hostnameOverride: {{ .Name }}
clusterCIDR: {{ podNets }}
clientConnection:
  kubeconfig: /var/lib/kube-proxy/kubeconfig
# The table's size is the host's to decide.
conntrack:
  maxPerCore: 0
  min: 0
`)

func parse(name, text string) *template.Template {
	functions := template.FuncMap{
		"pauseImage": func() string { return pauseImage },
		"podNets":    func() string { return commas(podNets) },
		"dnsService": dnsService,
	}
	return template.Must(template.New(name).Funcs(functions).Parse(text))
}

// render fills in all of a node's configuration files.
func (s nodeSettings) render() (nodeFiles, error) {
	files := nodeFiles{"lib/kubelet/resolv.conf": []byte("# Pods without cluster DNS have none.\n")}
	for file, text := range map[string]*template.Template{
		"lib/containerd/config.toml":     containerdConfig,
		"lib/cni/net.d/10-pods.conflist": cniConfig,
		podnetFile:                       podnet,
		"lib/kubelet/config.yaml":        kubeletConfig,
		"lib/kube-proxy/config.yaml":     proxyConfig,
	} {
		var out bytes.Buffer
		if err := text.Execute(&out, s); err != nil {
			return nil, fmt.Errorf("render %s of %s: %w", file, s.Name, err)
		}
		files[file] = out.Bytes()
	}
	return files, nil
}
