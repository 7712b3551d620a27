package stage

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// EchoNamespace is where echo servers and load clients live.
const EchoNamespace = "echo"

// echoServicePort is the Services' port, over TCP and UDP.
const echoServicePort = 80

// Echo is a Service with echo servers behind it: a DaemonSet, or with On pods by themselves.
type Echo struct {
	Name string
	// ServiceAnnotations and DaemonSetAnnotations are the users' words.
	ServiceAnnotations   map[string]string
	DaemonSetAnnotations map[string]string
	// Fields are lines of YAML for the Service's spec.
	Fields []string
	// Of is another one whose servers this Service leads to, besides that one's own; it then has none itself.
	Of string
	// On are the nodes to put a pod on; empty for a DaemonSet.
	On []string
	// Drain is how long the server serves on after SIGTERM: by default it ends at once.
	Drain time.Duration
	// HostPort is the first of three ports for servers on the host's network; 0 for pods with their own.
	HostPort int
	// Memory is the container's limit, empty for none.
	Memory string

	cluster *cluster.Cluster
}

// Port is what the servers themselves listen at.
func (e *Echo) Port() int {
	if e.HostPort != 0 {
		return e.HostPort
	}
	return 8080
}

// ReadyPort and ControlPort are the next two.
func (e *Echo) ReadyPort() int   { return e.Port() + 1 }
func (e *Echo) ControlPort() int { return e.Port() + 2 }

// Servers is the name of what it leads to.
func (e *Echo) Servers() string {
	if e.Of != "" {
		return e.Of
	}
	return e.Name
}

// DrainSeconds is how long a pod may take to end.
func (e *Echo) DrainSeconds() int { return int(e.Drain.Seconds()) + 5 }

var echoManifest = template.Must(template.New("echo").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(YAML("echo")))

// StartEcho applies the manifests and returns once every server is ready.
func StartEcho(ctx context.Context, c *cluster.Cluster, e Echo) (*Echo, error) {
	e.cluster = c
	var manifest bytes.Buffer
	if err := echoManifest.Execute(&manifest, &e); err != nil {
		return nil, fmt.Errorf("rendering the manifests of %s: %w", e.Name, err)
	}
	if _, err := c.Kubectl(ctx, manifest.String(), "apply", "-f", "-"); err != nil {
		return nil, fmt.Errorf("applying %s: %w", e.Name, err)
	}
	return &e, e.WaitReady(ctx)
}

// WaitReady returns once there are as many servers as there should be, and all ready.
func (e *Echo) WaitReady(ctx context.Context) error {
	count := len(e.On)
	if e.Of == "" && count == 0 {
		count = len(e.cluster.Nodes())
	}
	_, err := e.cluster.WaitPodsReady(ctx, EchoNamespace, "app="+e.Name, count, 2*time.Minute)
	return err
}

// Delete removes everything of it and waits until it is gone.
func (e *Echo) Delete(ctx context.Context) error {
	// A kubelet whose API server was away for a minute watches its pods again within another.
	_, err := e.cluster.Kubectl(ctx, "", "-n", EchoNamespace, "delete", "service,daemonset,pod", "-l", "app="+e.Name, "--timeout=180s")
	if err != nil {
		return fmt.Errorf("deleting %s: %w", e.Name, err)
	}
	return nil
}

// Addresses are the Service's, IPv4 and IPv6, as clients dial them.
func (e *Echo) Addresses(ctx context.Context) ([]netip.AddrPort, error) {
	service, err := e.cluster.Client().CoreV1().Services(EchoNamespace).Get(ctx, e.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading Service %s: %w", e.Name, err)
	}
	var all []netip.AddrPort
	for _, text := range service.Spec.ClusterIPs {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("address of Service %s: %w", e.Name, err)
		}
		all = append(all, netip.AddrPortFrom(address, echoServicePort))
	}
	return all, nil
}

// Pods are its servers' pods, the oldest first, also those that are ending.
func (e *Echo) Pods(ctx context.Context) ([]corev1.Pod, error) {
	pods, err := e.cluster.Client().CoreV1().Pods(EchoNamespace).List(ctx, metav1.ListOptions{LabelSelector: "app=" + e.Name})
	if err != nil {
		return nil, fmt.Errorf("listing the pods of %s: %w", e.Name, err)
	}
	slices.SortFunc(pods.Items, func(a, b corev1.Pod) int {
		return strings.Compare(a.CreationTimestamp.UTC().String()+a.Name, b.CreationTimestamp.UTC().String()+b.Name)
	})
	return pods.Items, nil
}

// PodOn is its newest pod on a node that is not ending.
func (e *Echo) PodOn(ctx context.Context, node string) (corev1.Pod, error) {
	pods, err := e.Pods(ctx)
	if err != nil {
		return corev1.Pod{}, err
	}
	for _, pod := range slices.Backward(pods) {
		if pod.Spec.NodeName == node && pod.DeletionTimestamp == nil {
			return pod, nil
		}
	}
	return corev1.Pod{}, fmt.Errorf("no pod of %s on %s", e.Name, node)
}

// Rollout replaces every pod, as a new version would, and returns once the old ones are gone.
func (e *Echo) Rollout(ctx context.Context) error {
	for _, args := range [][]string{
		{"rollout", "restart", "daemonset/" + e.Name},
		{"rollout", "status", "daemonset/" + e.Name, "--timeout=180s"},
	} {
		if _, err := e.cluster.Kubectl(ctx, "", append([]string{"-n", EchoNamespace}, args...)...); err != nil {
			return fmt.Errorf("rolling out %s: %w", e.Name, err)
		}
	}
	return e.WaitReady(ctx)
}

// Tell has the server in a pod turn "ready" or "unready", crash ("exit") or use up its memory ("eat").
func (e *Echo) Tell(ctx context.Context, pod corev1.Pod, order string) error {
	i := slices.IndexFunc(e.cluster.Nodes(), func(n *cluster.Node) bool { return n.Name == pod.Spec.NodeName })
	if i < 0 {
		return fmt.Errorf("telling %s to %s: it runs on no node", pod.Name, order)
	}
	url := "http://" + net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(e.ControlPort())) + "/" + order
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := nodeClient(e.cluster.Nodes()[i]).Do(request)
	if err != nil {
		if order == "exit" {
			return nil // It could not say that it did.
		}
		return fmt.Errorf("telling %s to %s: %w", pod.Name, order, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("telling %s to %s: %s", pod.Name, order, answer.Status)
	}
	return nil
}

// nodeClient speaks HTTP as if from the node, with nothing between it and the pods: not even the API server,
// which may be what is being stopped.
func nodeClient(n *cluster.Node) *http.Client {
	return &http.Client{
		Timeout: time.Minute,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return n.Dial(ctx, network, address)
			},
		},
	}
}
