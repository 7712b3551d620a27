package bench

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/inshore-dev/inshore/e2e/bench/call"
	"github.com/inshore-dev/inshore/e2e/cluster"
)

const (
	image = "docker.io/local/caller:1"
	// namespace has the pods that are called, and all Services in bulk.
	namespace = "bench"
	// echoPort is the server's in its pod, and at 127.0.0.1 in the client's.
	echoPort  = 9000
	orderPort = 9001
	socketDir = "/run/bench"
)

// place is one node, and what is measured there.
type place struct {
	router
	node *cluster.Node
	arms []Arm
	// server is the echo server's address in its pod.
	server netip.AddrPort
	client *call.Client
	// agent is nil where there is none.
	agent *agent
	// lost says why the router is measured no more.
	lost string
}

// bench is a run under way.
type bench struct {
	Options
	cluster *cluster.Cluster
	api     *kubernetes.Clientset
	places  []*place
	// services are the ClusterIPs of the Services in bulk, in the order they were made.
	services []netip.Addr
	bulk     bulk
	report   *Report
}

func (b *bench) printf(format string, args ...any) {
	fmt.Fprintf(b.Progress, "bench: "+format+"\n", args...)
}

// startCluster starts a node for each router.
func (b *bench) startCluster(ctx context.Context) error {
	wanted := routersFor(b.Arms)
	proxies := map[int]cluster.ProxyMode{}
	for i, r := range wanted {
		proxies[i] = r.proxy
	}
	// The harness's range of Services holds 65,536.
	serviceRange := "--service-cluster-ip-range=10.96.0.0/12,fd00:10:96::/112"
	var err error
	b.cluster, err = cluster.Start(ctx, cluster.Config{
		Name: fmt.Sprintf("bench-%d", os.Getpid()), Nodes: len(wanted), Proxy: cluster.ProxyNone, NodeProxies: proxies,
		APIServerArgs: []string{serviceRange},
		ControllerArgs: []string{
			serviceRange,
			// What is measured shall not wait for a client's limit of its own.
			"--kube-api-qps=5000", "--kube-api-burst=10000", "--concurrent-service-endpoint-syncs=16",
			// Nobody here reads Endpoints, which would double the writes. The garbage
			// collector would see EndpointSlices that are there a moment before their Service.
			"--controllers=*,-endpoints-controller,-endpointslice-mirroring-controller,-garbage-collector-controller",
			// Kubelets are stopped while it is measured; their nodes stay what they are.
			"--node-monitor-grace-period=24h",
		},
		Progress: b.Progress,
	})
	if err != nil {
		return err
	}
	for i, r := range wanted {
		b.places = append(b.places, &place{router: r, node: b.cluster.Nodes()[i], arms: armsOn(i, r, b.Arms)})
	}
	b.api, err = newClient(b.cluster.RESTConfig())
	return err
}

// startPods puts a server and a client on every node, and connects to the clients.
func (b *bench) startPods(ctx context.Context) error {
	binary, err := cluster.BuildGo(ctx, "./e2e/images/caller")
	if err != nil {
		return err
	}
	if err := b.cluster.LoadImage(ctx, cluster.Image{Name: image, Binary: binary}); err != nil {
		return err
	}
	if err := b.createNamespace(ctx, namespace); err != nil {
		return err
	}
	for _, p := range b.places {
		for _, pod := range []*corev1.Pod{serverPod(p.node.Name), clientPod(p.node.Name)} {
			if _, err := b.api.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("create pod %s: %w", pod.Name, err)
			}
		}
	}
	if _, err := b.cluster.WaitPodsReady(ctx, namespace, "", 2*len(b.places), 3*time.Minute); err != nil {
		return err
	}
	for _, p := range b.places {
		if err := b.connect(ctx, p); err != nil {
			return err
		}
		// Its part is done. It would watch every Service, for the environment of pods.
		if _, err := b.cluster.StopComponent(ctx, p.node, "kubelet"); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) connect(ctx context.Context, p *place) error {
	server, err := b.podIP(ctx, serverPod(p.node.Name).Name)
	if err != nil {
		return err
	}
	client, err := b.podIP(ctx, clientPod(p.node.Name).Name)
	if err != nil {
		return err
	}
	p.server = netip.AddrPortFrom(server, echoPort)
	conn, err := p.node.Dial(ctx, "tcp", netip.AddrPortFrom(client, orderPort).String())
	if err != nil {
		return fmt.Errorf("connect to the client on %s: %w", p.node.Name, err)
	}
	p.client = call.NewClient(conn)
	return nil
}

func (b *bench) podIP(ctx context.Context, name string) (netip.Addr, error) {
	pod, err := b.api.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return netip.Addr{}, fmt.Errorf("get pod %s: %w", name, err)
	}
	ip, err := netip.ParseAddr(pod.Status.PodIP)
	if err != nil {
		return ip, fmt.Errorf("IP of pod %s: %w", name, err)
	}
	return ip, nil
}

// close takes everything down.
func (b *bench) close() error {
	for _, p := range b.places {
		if p.client != nil {
			_ = p.client.Close()
		}
	}
	if b.cluster == nil {
		return nil
	}
	return b.cluster.Stop()
}
