package stage

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// Cache is a memcached on every node behind one Service, and an app on every
// node that calls it.
type Cache struct {
	cluster *cluster.Cluster
}

// Answers are what one node's app counted over a number of calls.
type Answers struct {
	// Node is where the app runs.
	Node string `json:"node"`
	// Total are all calls, Failed those that got no answer.
	Total  int `json:"total"`
	Failed int `json:"failed"`
	// By counts the answers by the node whose memcached gave them.
	By map[string]int `json:"by"`
	// Errors counts the failures by what the client saw.
	Errors map[string]int `json:"errors"`
}

// Local is how many calls were answered on the app's own node.
func (a Answers) Local() int { return a.By[a.Node] }

// StartCache loads the images, applies the manifests, and returns once every
// memcached answers for its own node.
func StartCache(ctx context.Context, c *cluster.Cluster) (*Cache, error) {
	if err := loadImages(ctx, c); err != nil {
		return nil, err
	}
	for _, name := range []string{"memcached", "app"} {
		if _, err := c.Kubectl(ctx, YAML(name), "apply", "-f", "-"); err != nil {
			return nil, fmt.Errorf("applying %s: %w", name, err)
		}
		if _, err := c.Kubectl(ctx, "", "-n", "cache", "rollout", "status", "daemonset/"+name, "--timeout=120s"); err != nil {
			return nil, fmt.Errorf("waiting for %s: %w", name, err)
		}
	}
	cache := &Cache{cluster: c}
	return cache, cache.Mark(ctx)
}

func loadImages(ctx context.Context, c *cluster.Cluster) error {
	client, err := cluster.BuildGo(ctx, "./e2e/images/memclient")
	if err != nil {
		return fmt.Errorf("building the app: %w", err)
	}
	app := cluster.Image{
		Name:       "docker.io/local/memclient:e2e",
		Files:      map[string]string{"/memclient": client},
		Entrypoint: []string{"/memclient"},
	}
	memcached, err := cluster.DebianImage(ctx, "docker.io/local/memcached:e2e", "memcached", "/usr/bin/memcached")
	if err != nil {
		return fmt.Errorf("making memcached's image: %w", err)
	}
	for _, image := range []cluster.Image{app, memcached} {
		if err := c.LoadImage(ctx, image); err != nil {
			return fmt.Errorf("loading image %s: %w", image.Name, err)
		}
	}
	return nil
}

// Mark writes into every memcached, past the Service, which node it is on. A
// memcached forgets when it restarts, so rollouts call this again.
func (c *Cache) Mark(ctx context.Context) error {
	servers, err := c.pods(ctx, "memcached")
	if err != nil {
		return err
	}
	apps, err := c.pods(ctx, "app")
	if err != nil {
		return err
	}
	for _, server := range servers {
		_, err := c.cluster.Kubectl(ctx, "", "-n", "cache", "exec", apps[0].name, "--",
			"/memclient", "-set", "-addr", server.ip+":11211", "-node", server.node)
		if err != nil {
			return fmt.Errorf("marking the memcached on %s: %w", server.node, err)
		}
	}
	return nil
}

// Call has the app on every node make n calls through the Service, a new
// connection each, and returns what each one counted.
func (c *Cache) Call(ctx context.Context, n int) ([]Answers, error) {
	apps, err := c.pods(ctx, "app")
	if err != nil {
		return nil, err
	}
	address, err := c.cluster.Kubectl(ctx, "", "-n", "cache", "get", "service", "memcached", "-o", "jsonpath={.spec.clusterIP}")
	if err != nil {
		return nil, fmt.Errorf("reading the Service's address: %w", err)
	}
	var all []Answers
	for _, app := range apps {
		body, err := c.cluster.PodGet(ctx, "cache", app.name, 8080, fmt.Sprintf("/run?n=%d&addr=%s:11211", n, address))
		if err != nil {
			return nil, fmt.Errorf("having the app on %s call: %w", app.node, err)
		}
		answers := Answers{Node: app.node}
		if err := json.Unmarshal(body, &answers); err != nil {
			return nil, fmt.Errorf("reading what the app on %s counted (%.200q): %w", app.node, body, err)
		}
		all = append(all, answers)
	}
	return all, nil
}

type pod struct{ name, node, ip string }

func (c *Cache) pods(ctx context.Context, app string) ([]pod, error) {
	out, err := c.cluster.Kubectl(ctx, "", "-n", "cache", "get", "pods", "-l", "app="+app,
		"--field-selector=status.phase=Running", "--sort-by=.spec.nodeName",
		"-o", `jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\n"}{end}`)
	if err != nil {
		return nil, fmt.Errorf("listing the pods of %s: %w", app, err)
	}
	var pods []pod
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("listing the pods of %s: unexpected line %q", app, line)
		}
		pods = append(pods, pod{name: fields[0], node: fields[1], ip: fields[2]})
	}
	if len(pods) == 0 {
		return nil, fmt.Errorf("no running pod of %s in namespace cache", app)
	}
	return pods, nil
}
