package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

const cacheManifests = `apiVersion: v1
kind: Service
metadata:
  name: memcached
spec:
  selector:
    app: memcached
  ports:
  - port: 11211
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: memcached
spec:
  selector:
    matchLabels:
      app: memcached
  template:
    metadata:
      labels:
        app: memcached
    spec:
      containers:
      - name: memcached
        image: docker.io/local/memcached:1
        args: ["-u", "nobody", "-m", "16"]
        readinessProbe:
          periodSeconds: 1
          tcpSocket:
            port: 11211
---
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: client
spec:
  selector:
    matchLabels:
      app: client
  template:
    metadata:
      labels:
        app: client
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: client
        image: docker.io/local/memclient:1
        readinessProbe:
          periodSeconds: 1
          httpGet:
            path: /healthz
            port: 8080
`

func TestThreeNodesRouteCallsWithNFTables(t *testing.T) {
	callsThroughAService(t, cluster.ProxyNFTables)
}

func TestThreeNodesRouteCallsWithIPTables(t *testing.T) {
	callsThroughAService(t, cluster.ProxyIPTables)
}

// callsThroughAService shows that the cluster's routing is real: calls through a Service spread over the
// nodes, and stay on theirs as soon as the Service says so.
func callsThroughAService(t *testing.T, proxy cluster.ProxyMode) {
	c := start(t, cluster.Config{Name: "test-" + string(proxy), Nodes: 3, Proxy: proxy})
	ctx := t.Context()
	loadCacheImages(t, c)
	must(t, c.Apply(ctx, cacheManifests))
	servers, err := c.WaitPodsReady(ctx, "default", "app=memcached", 3, limit)
	must(t, err)
	clients, err := c.WaitPodsReady(ctx, "default", "app=client", 3, limit)
	must(t, err)
	for _, server := range servers {
		_, err := c.Kubectl(ctx, "", "exec", clients[0].Name, "--",
			"/memclient", "-set", "-addr", server.Status.PodIP+":11211", "-node", server.Spec.NodeName)
		must(t, err)
	}
	service, err := c.Kubectl(ctx, "", "get", "service", "memcached", "-o", "jsonpath={.spec.clusterIP}")
	must(t, err)

	for _, client := range clients {
		what := "calls from " + client.Spec.NodeName + " to spread over three nodes"
		must(t, cluster.Wait(ctx, what, limit, func(context.Context) (bool, string, error) {
			answered := call(t, c, client, service)
			return len(answered.By) == 3 && answered.Failed == 0, fmt.Sprintf("%+v", answered), nil
		}))
	}
	_, err = c.Kubectl(ctx, "", "patch", "service", "memcached", "--patch", `{"spec": {"internalTrafficPolicy": "Local"}}`)
	must(t, err)
	for _, client := range clients {
		what := "calls from " + client.Spec.NodeName + " to stay there"
		must(t, cluster.Wait(ctx, what, limit, func(context.Context) (bool, string, error) {
			answered := call(t, c, client, service)
			return answered.By[client.Spec.NodeName] == answered.Total, fmt.Sprintf("%+v", answered), nil
		}))
	}
	logs, err := c.Kubectl(ctx, "", "logs", "--prefix", "--selector=app=client")
	must(t, err)
	if strings.TrimSpace(logs) != "" {
		t.Errorf("clients complain: %s", logs)
	}
}

type answers struct {
	Total, Failed int
	By, Errors    map[string]int
}

func call(t *testing.T, c *cluster.Cluster, client corev1.Pod, service string) answers {
	t.Helper()
	body, err := c.PodGet(t.Context(), client.Namespace, client.Name, 8080, "/run?n=300&addr="+service+":11211")
	must(t, err)
	var a answers
	must(t, json.Unmarshal(body, &a))
	return a
}

func loadCacheImages(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	binary, err := cluster.BuildGo(t.Context(), "./e2e/images/memclient")
	must(t, err)
	must(t, c.LoadImage(t.Context(), cluster.Image{Name: "docker.io/local/memclient:1", Binary: binary}))
	memcached, err := cluster.DebianImage(t.Context(), "docker.io/local/memcached:1", "memcached", "/usr/bin/memcached")
	must(t, err)
	must(t, c.LoadImage(t.Context(), memcached))
}

func TestPodsFindServicesByName(t *testing.T) {
	c := start(t, cluster.Config{Name: "test-dns", Nodes: 1, DNS: true})
	ctx := t.Context()
	loadCacheImages(t, c)
	must(t, c.Apply(ctx, cacheManifests))
	_, err := c.WaitPodsReady(ctx, "default", "app=memcached", 1, limit)
	must(t, err)
	clients, err := c.WaitPodsReady(ctx, "default", "app=client", 1, limit)
	must(t, err)
	// The pod is ready a moment before the node's rules lead to it.
	must(t, cluster.Wait(ctx, "memcached to be reached by its short name", limit, func(ctx context.Context) (bool, string, error) {
		_, err := c.Kubectl(ctx, "", "exec", clients[0].Name, "--", "/memclient", "-set", "-addr", "memcached:11211", "-node", "node-0")
		return err == nil, fmt.Sprint(err), nil
	}))
	if answered := call(t, c, clients[0], "memcached.default.svc.cluster.local"); answered.By["node-0"] != answered.Total {
		t.Errorf("got %+v, want answers only", answered)
	}
}
