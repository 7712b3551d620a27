package cluster

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
)

// controlPlaneName names the machine that the control plane runs on.
const controlPlaneName = "control-plane"

// Where the control plane's machine finds its files, below /var.
const (
	pkiDir  = "lib/kubernetes/pki"
	confDir = "lib/kubernetes"
)

// pki is everything a cluster's components prove themselves with.
type pki struct {
	ca *authority
	// files go below pkiDir of the control plane.
	files map[string][]byte
}

func newPKI(cluster string) (*pki, error) {
	ca, err := newAuthority(cluster + "-ca")
	if err != nil {
		return nil, err
	}
	server, err := ca.server("kube-apiserver",
		[]string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"},
		append(controlPlaneAddresses(), netip.MustParseAddr("127.0.0.1"), kubernetesService())...)
	if err != nil {
		return nil, err
	}
	toKubelet, err := ca.client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return nil, err
	}
	private, public, err := serviceAccountKeys()
	if err != nil {
		return nil, err
	}
	caKey, err := encodeKey(ca.key)
	if err != nil {
		return nil, err
	}
	return &pki{ca: ca, files: map[string][]byte{
		"ca.crt": ca.pem, "ca.key": caKey,
		"apiserver.crt": server.cert, "apiserver.key": server.key,
		"kubelet-client.crt": toKubelet.cert, "kubelet-client.key": toKubelet.key,
		"sa.key": private, "sa.pub": public,
	}}, nil
}

func etcdArgs() []string {
	return []string{
		// In memory: a cluster that does not survive its host's crash needs no disk to be waited for.
		"--name=lab", "--data-dir=/run/etcd", "--unsafe-no-fsync",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
		"--initial-cluster=lab=http://127.0.0.1:2380",
	}
}

func (c Config) apiServerArgs() []string {
	file := func(name string) string { return filepath.Join("/var", pkiDir, name) }
	args := []string{
		"--etcd-servers=http://127.0.0.1:2379",
		"--bind-address=0.0.0.0", "--advertise-address=" + controlPlaneAddress().String(),
		"--secure-port=" + strconv.Itoa(apiPort),
		"--tls-cert-file=" + file("apiserver.crt"), "--tls-private-key-file=" + file("apiserver.key"),
		"--client-ca-file=" + file("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + file("sa.pub"), "--service-account-signing-key-file=" + file("sa.key"),
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-cluster-ip-range=" + commas(serviceNets),
		// The control plane runs no kube-proxy: Services of webhooks are resolved to their endpoints.
		"--enable-aggregator-routing=true",
		"--kubelet-preferred-address-types=InternalIP",
		"--kubelet-certificate-authority=" + file("ca.crt"),
		"--kubelet-client-certificate=" + file("kubelet-client.crt"), "--kubelet-client-key=" + file("kubelet-client.key"),
	}
	if !c.runsControllers() {
		// Nobody makes the service accounts that this plugin would wait for in every new namespace.
		args = append(args, "--disable-admission-plugins=ServiceAccount")
	}
	args = append(args, c.auditArgs()...)
	return append(args, c.APIServerArgs...)
}

func (c Config) controllerArgs() []string {
	file := func(name string) string { return filepath.Join("/var", pkiDir, name) }
	return append([]string{
		"--kubeconfig=/var/lib/kubernetes/controller-manager.conf",
		"--bind-address=127.0.0.1", "--leader-elect=false",
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + file("sa.key"), "--root-ca-file=" + file("ca.crt"),
		"--cluster-signing-cert-file=" + file("ca.crt"), "--cluster-signing-key-file=" + file("ca.key"),
		// The nodes' pod addresses are part of the nodes' wiring, and so in the Node objects from the start.
		"--allocate-node-cidrs=false", "--cluster-cidr=" + commas(podNets),
		"--service-cluster-ip-range=" + commas(serviceNets),
	}, c.ControllerArgs...)
}

func schedulerArgs() []string {
	return []string{
		"--kubeconfig=/var/lib/kubernetes/scheduler.conf", "--bind-address=127.0.0.1", "--leader-elect=false",
	}
}

func (c Config) runsControllers() bool { return c.Controllers || c.Nodes > 0 }

// startAPIServer starts etcd, the API server and the way to it from the host, and waits until it is ready.
func (c *Cluster) startAPIServer(ctx context.Context) error {
	for name, content := range c.pki.files {
		if err := c.writeVar(controlPlaneName, filepath.Join(pkiDir, name), content); err != nil {
			return err
		}
	}
	for name, content := range c.config.controlPlaneFiles() {
		if err := c.writeVar(controlPlaneName, name, []byte(content)); err != nil {
			return err
		}
	}
	if err := c.run(c.control, "etcd", nil, filepath.Join(c.programs.Etcd, "etcd"), etcdArgs()...); err != nil {
		return err
	}
	if err := c.run(c.control, "kube-apiserver", c.config.APIServerEnv, c.kubernetes("kube-apiserver"), c.config.apiServerArgs()...); err != nil {
		return err
	}
	if err := c.openDoor(); err != nil {
		return err
	}
	return c.step(ctx, "the API server", startLimit, func(ctx context.Context) (bool, string, error) {
		answer, err := c.clients.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		if err != nil {
			return false, err.Error() + " " + string(answer), nil
		}
		return true, string(answer), nil
	})
}

// startControllers starts what makes objects happen: the controllers and, for nodes, the scheduler.
func (c *Cluster) startControllers() error {
	err := c.writeKubeconfig(controlPlaneName, confDir+"/controller-manager.conf", "system:kube-controller-manager")
	if err != nil {
		return err
	}
	err = c.run(c.control, "kube-controller-manager", nil, c.kubernetes("kube-controller-manager"), c.config.controllerArgs()...)
	if err != nil || c.config.Nodes == 0 {
		return err
	}
	if err := c.writeKubeconfig(controlPlaneName, confDir+"/scheduler.conf", "system:kube-scheduler"); err != nil {
		return err
	}
	return c.run(c.control, "kube-scheduler", nil, c.kubernetes("kube-scheduler"), schedulerArgs()...)
}

// openDoor lets the host reach the API server: it listens at 127.0.0.1 of the host, and a program on the
// control plane's machine, which inherits the listener, passes connections on.
func (c *Cluster) openDoor() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the host's clients: %w", err)
	}
	defer listener.Close()
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		return fmt.Errorf("pass on the host's listener: %w", err)
	}
	defer file.Close()
	err = c.runService(&service{
		name: "door", node: c.control.Name, machine: c.control.Machine, files: []*os.File{file},
		argv: []string{c.programs.Labinit, "forward", apiEndpoint()},
		log:  filepath.Join(c.machineLogs(c.control.Name), "door.log"),
	})
	if err != nil {
		return err
	}
	c.record.API = listener.Addr().(*net.TCPAddr).Port
	return c.connect()
}

// writeKubeconfig lets a component on one of the machines be the user.
func (c *Cluster) writeKubeconfig(machineName, file, user string, groups ...string) error {
	text, err := kubeconfig(c.config.Name, c.APIEndpoint(), c.pki.ca, user, groups...)
	if err != nil {
		return err
	}
	return c.writeVar(machineName, file, text)
}
