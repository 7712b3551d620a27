package cluster

import (
	"encoding/json"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

func settings() nodeSettings {
	return nodeSettings{
		Name: "node-1", PodNets: nodePodNets(1), CNIBin: "/cache/cni", Proxy: ProxyIPTables, DNS: true,
	}
}

func TestNodeFilesSayWhatTheNodeIs(t *testing.T) {
	files, err := settings().render()
	if err != nil {
		t.Fatal(err)
	}
	for file, wants := range map[string][]string{
		"lib/containerd/config.toml":     {"sandbox = 'registry.k8s.io/pause:3.10'", "bin_dirs = ['/cache/cni', '/var/lib/cni/bin']"},
		"lib/cni/net.d/10-pods.conflist": {`[{"subnet": "10.244.1.0/24"}], [{"subnet": "fd00:10:244:1::/64"}]`},
		podnetFile:                       {"exec /cache/cni/ptp"},
		"lib/kubelet/config.yaml":        {"clusterDNS:\n- 10.96.0.10"},
		"lib/kube-proxy/config.yaml":     {"mode: iptables", "hostnameOverride: node-1", "clusterCIDR: 10.244.0.0/16,fd00:10:244::/56"},
	} {
		for _, want := range wants {
			if !strings.Contains(string(files[file]), want) {
				t.Errorf("%s lacks %q:\n%s", file, want, files[file])
			}
		}
	}
}

func TestNodeFilesCanBeRead(t *testing.T) {
	files, err := settings().render()
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range files {
		var into map[string]any
		switch {
		case strings.HasSuffix(file, ".yaml"):
			err = yaml.UnmarshalStrict(content, &into)
		case strings.HasSuffix(file, ".conflist"):
			err = json.Unmarshal(content, &into)
		default:
			continue
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", file, err, content)
		}
	}
}

func TestNodeWithoutDNSTellsPodsOfNone(t *testing.T) {
	s := settings()
	s.DNS = false
	files, err := s.render()
	if err != nil {
		t.Fatal(err)
	}
	if config := string(files["lib/kubelet/config.yaml"]); strings.Contains(config, "clusterDNS") {
		t.Errorf("kubelet's configuration names a DNS server:\n%s", config)
	}
}

func TestWiringRoutesEveryNodesPods(t *testing.T) {
	control := controlPlaneWiring([]int{101, 102})
	for _, want := range []string{
		"ip link add port-1 type veth peer name eth0 netns 102", "ip route add 10.244.1.0/24 via 172.30.0.11",
		"ip route add fd00:10:244:1::/64 via fd00:172:30::b",
	} {
		if !strings.Contains(control, want) {
			t.Errorf("control plane's wiring lacks %q:\n%s", want, control)
		}
	}
	node := nodeWiring(0, 2)
	if !strings.Contains(node, "ip route add 10.244.1.0/24 via 172.30.0.11") || strings.Contains(node, "10.244.0.0/24 via") {
		t.Errorf("node 0 must route to the other's pods, and not away from itself to its own:\n%s", node)
	}
}
