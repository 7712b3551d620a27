package cluster

import (
	"context"
	"fmt"
	"path/filepath"
)

// dnsImage is the image of the CoreDNS that is built from e2e/build/coredns.
const dnsImage = "docker.io/local/coredns:lab"

// startDNS runs CoreDNS as a Deployment behind the Service that kubelets tell pods of.
func (c *Cluster) startDNS(ctx context.Context) error {
	root, err := Root()
	if err != nil {
		return err
	}
	built, err := coreDNSProgram.build(ctx, root, c.progress)
	if err != nil {
		return err
	}
	image := Image{Name: dnsImage, Binary: filepath.Join(built, coreDNSProgram.name), Args: []string{"-conf", "/etc/coredns/Corefile"}}
	if err := c.LoadImage(ctx, image); err != nil {
		return err
	}
	if err := c.Apply(ctx, fmt.Sprintf(dnsManifests, dnsImage, controlPlaneAddress(), apiPort, dnsService())); err != nil {
		return fmt.Errorf("run CoreDNS: %w", err)
	}
	_, err = c.WaitPodsReady(ctx, "kube-system", "k8s-app=kube-dns", 1, startLimit)
	return err
}

// dnsManifests are CoreDNS's usual ones. It reaches the API server without the help of a Service, so that
// it also works on nodes that have no kube-proxy.
const dnsManifests = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: coredns
  namespace: kube-system
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: system:coredns
rules:
- apiGroups: [""]
  resources: [endpoints, services, pods, namespaces]
  verbs: [list, watch]
- apiGroups: [discovery.k8s.io]
  resources: [endpointslices]
  verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: system:coredns
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: system:coredns
subjects:
- kind: ServiceAccount
  name: coredns
  namespace: kube-system
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: coredns
  namespace: kube-system
data:
  Corefile: |
    .:53 {
      health
      ready
      errors
      cache 5
      kubernetes cluster.local in-addr.arpa ip6.arpa
    }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: coredns
  namespace: kube-system
spec:
  selector:
    matchLabels:
      k8s-app: kube-dns
  template:
    metadata:
      labels:
        k8s-app: kube-dns
    spec:
      serviceAccountName: coredns
      dnsPolicy: Default
      terminationGracePeriodSeconds: 1
      containers:
      - name: coredns
        image: %s
        env:
        - name: KUBERNETES_SERVICE_HOST
          value: "%s"
        - name: KUBERNETES_SERVICE_PORT
          value: "%d"
        readinessProbe:
          periodSeconds: 1
          httpGet:
            path: /ready
            port: 8181
        volumeMounts:
        - name: config
          mountPath: /etc/coredns
      volumes:
      - name: config
        configMap:
          name: coredns
---
apiVersion: v1
kind: Service
metadata:
  name: kube-dns
  namespace: kube-system
spec:
  clusterIP: %s
  selector:
    k8s-app: kube-dns
  ports:
  - name: dns
    port: 53
    protocol: UDP
  - name: dns-tcp
    port: 53
    protocol: TCP
`
