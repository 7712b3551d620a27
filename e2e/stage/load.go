package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Place is where a client runs on its node.
type Place string

// The places: a pod with its own network, a pod on the host's, and no pod at all.
const (
	InPod         Place = "a pod"
	InHostNetwork Place = "a hostNetwork pod"
	OnNode        Place = "the node itself"
)

// Places are all of them.
var Places = []Place{InPod, InHostNetwork, OnNode}

// The ports at which clients take their orders.
const (
	podLoadPort  = 8090
	hostLoadPort = 8091
	nodeLoadPort = 8092
)

// Client makes requests through Services from one place on one node.
type Client struct {
	Place Place
	Node  string

	http    *http.Client
	address string
}

func (c Client) String() string { return string(c.Place) + " on " + c.Node }

// Order is what a client is to do; see the program e2e/images/load.
type Order struct {
	// Name tells runs of one client apart.
	Name    string
	Target  string
	Mode    string
	Workers int
	// N is the number of requests of Run.
	N     int
	Limit time.Duration
	Hold  time.Duration
	Pause time.Duration
}

func (o Order) query() string {
	values := url.Values{"name": {o.Name}, "target": {o.Target}, "mode": {o.Mode}}
	for name, number := range map[string]int{"workers": o.Workers, "n": o.N} {
		if number > 0 {
			values.Set(name, strconv.Itoa(number))
		}
	}
	for name, duration := range map[string]time.Duration{"limit": o.Limit, "hold": o.Hold, "pause": o.Pause} {
		if duration > 0 {
			values.Set(name, duration.String())
		}
	}
	return values.Encode()
}

// Latency is of a number of requests, in microseconds.
type Latency struct {
	Count int   `json:"count"`
	P50   int64 `json:"p50"`
	P99   int64 `json:"p99"`
	Max   int64 `json:"max"`
}

// Counts are what came of a run's requests. None is made twice.
type Counts struct {
	OK Latency `json:"ok"`
	// Nodes and Pods count the answers by who gave them.
	Nodes map[string]int `json:"nodes"`
	Pods  map[string]int `json:"pods"`
	// Home is how many answers came from the client's own node. Clients do not know it: [Counts.Add] does.
	Home int `json:"-"`
	// Failed are the requests without an answer, Errors those by what the client saw, Failures the first ones.
	Failed   int                `json:"failed"`
	Errors   map[string]Latency `json:"errors"`
	Failures []Failure          `json:"failures"`
}

// Failure is one request without an answer.
type Failure struct {
	At     time.Time `json:"at"`
	Micros int64     `json:"micros"`
	Kind   string    `json:"kind"`
	Error  string    `json:"error"`
}

func (c Counts) String() string {
	text := fmt.Sprintf("%d ok (p50 %d µs, p99 %d µs, max %d µs)", c.OK.Count, c.OK.P50, c.OK.P99, c.OK.Max)
	for _, node := range slices.Sorted(maps.Keys(c.Nodes)) {
		text += fmt.Sprintf(", %s: %d", node, c.Nodes[node])
	}
	text += fmt.Sprintf("; %d failed", c.Failed)
	for _, kind := range slices.Sorted(maps.Keys(c.Errors)) {
		text += fmt.Sprintf(", %d %s (max %d µs)", c.Errors[kind].Count, kind, c.Errors[kind].Max)
	}
	for i, f := range c.Failures {
		if i == 5 {
			return text + " …"
		}
		text += fmt.Sprintf("\n  %s after %d µs: %s", f.At.Format("15:04:05.000"), f.Micros, f.Error)
	}
	return text
}

// Start begins a run that goes on by itself.
func (c Client) Start(ctx context.Context, o Order) error {
	_, err := c.ask(ctx, "start", o)
	return err
}

// Counts are those of a run so far.
func (c Client) Counts(ctx context.Context, name string) (Counts, error) {
	return c.ask(ctx, "counts", Order{Name: name})
}

// Stop ends a run and returns what came of it in all.
func (c Client) Stop(ctx context.Context, name string) (Counts, error) {
	return c.ask(ctx, "stop", Order{Name: name})
}

// Run makes o.N requests and returns what came of them.
func (c Client) Run(ctx context.Context, o Order) (Counts, error) { return c.ask(ctx, "run", o) }

func (c Client) ask(ctx context.Context, what string, o Order) (counts Counts, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.address+"/"+what+"?"+o.query(), nil)
	if err != nil {
		return counts, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return counts, fmt.Errorf("asking the client in %s: %w", c, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return counts, fmt.Errorf("reading what the client in %s answered: %w", c, err)
	}
	if answer.StatusCode != http.StatusOK {
		return counts, fmt.Errorf("the client in %s refused to %s: %s", c, what, strings.TrimSpace(string(body)))
	}
	if err := json.Unmarshal(body, &counts); err != nil {
		return counts, fmt.Errorf("reading what the client in %s counted (%.200q): %w", c, body, err)
	}
	return counts, nil
}

// LoadEchoImages builds the servers' and the clients' images and puts them on the nodes.
func LoadEchoImages(ctx context.Context, c *cluster.Cluster) error {
	for _, name := range []string{"echo", "load"} {
		binary, err := cluster.BuildGo(ctx, "./e2e/images/"+name)
		if err != nil {
			return fmt.Errorf("building %s: %w", name, err)
		}
		if err := c.LoadImage(ctx, cluster.Image{Name: "docker.io/local/" + name + ":e2e", Binary: binary}); err != nil {
			return fmt.Errorf("loading image %s: %w", name, err)
		}
	}
	return nil
}

// StartClients puts a client into every place of every node. They end with ctx.
func StartClients(ctx context.Context, c *cluster.Cluster) ([]Client, error) {
	if err := LoadEchoImages(ctx, c); err != nil {
		return nil, err
	}
	if _, err := c.Kubectl(ctx, YAML("load"), "apply", "-f", "-"); err != nil {
		return nil, fmt.Errorf("applying the clients: %w", err)
	}
	binary, err := cluster.BuildGo(ctx, "./e2e/images/load")
	if err != nil {
		return nil, fmt.Errorf("building load: %w", err)
	}
	var clients []Client
	for _, place := range []struct {
		place Place
		app   string
		port  int
	}{{InPod, "load", podLoadPort}, {InHostNetwork, "load-host", hostLoadPort}} {
		pods, err := c.WaitPodsReady(ctx, EchoNamespace, "app="+place.app, len(c.Nodes()), 2*time.Minute)
		if err != nil {
			return nil, err
		}
		for _, n := range c.Nodes() {
			i := slices.IndexFunc(pods, func(pod corev1.Pod) bool { return pod.Spec.NodeName == n.Name })
			clients = append(clients, Client{
				Place: place.place, Node: n.Name, http: nodeClient(n),
				address: net.JoinHostPort(pods[i].Status.PodIP, strconv.Itoa(place.port)),
			})
		}
	}
	for _, n := range c.Nodes() {
		client := Client{
			Place: OnNode, Node: n.Name, http: nodeClient(n),
			address: net.JoinHostPort("127.0.0.1", strconv.Itoa(nodeLoadPort)),
		}
		command := n.Command(ctx, binary, "-listen="+client.address)
		if err := n.Start(command); err != nil {
			return nil, fmt.Errorf("starting a client on %s: %w", n.Name, err)
		}
		go func() { _ = command.Wait() }()
		clients = append(clients, client)
	}
	return clients, awaitClients(ctx, clients)
}

func awaitClients(ctx context.Context, clients []Client) error {
	for _, client := range clients {
		err := cluster.Wait(ctx, "the client in "+client.String(), time.Minute, func(ctx context.Context) (bool, string, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+client.address+"/healthz", nil)
			if err != nil {
				return false, "", err
			}
			answer, err := client.http.Do(request)
			if err != nil {
				return false, err.Error(), nil
			}
			answer.Body.Close()
			return true, "", nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
