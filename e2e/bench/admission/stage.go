package admission

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/inshore-dev/inshore/e2e/cluster"
)

// stage is the API server and the webhooks beside it.
type stage struct {
	c    *cluster.Cluster
	root string
	temp string
	// servers are the addresses of webhooks, on the control plane's loopback.
	servers map[Arm]string
	bundle  string
	running []*exec.Cmd
}

// The ports, in a network namespace that nobody else listens in.
var ports = map[Arm]int{Plain: 9501, Library: 9502, Ours: 9503, Canned: 9504}

// set starts everything. What it has started ends with strike, whether it fails or not.
func (s *stage) set(ctx context.Context, o Options) (err error) {
	certificate, bundle, err := s.c.ServingCertificate("127.0.0.1")
	if err != nil {
		return err
	}
	s.bundle = bundle
	if err := writeCertificate(certificate, s.temp); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	binary := o.Webhook
	if binary == "" {
		if binary, err = cluster.BuildGo(ctx, "./cmd/inshore-webhook"); err != nil {
			return err
		}
	}
	s.servers = map[Arm]string{}
	// Canned is the last: it answers with what ours was heard to say.
	for _, arm := range []Arm{Ours, Plain, Library, Canned} {
		address := fmt.Sprintf("127.0.0.1:%d", ports[arm])
		s.servers[arm] = address
		command := []string{self, ServeCommand, string(arm), address, s.temp}
		switch arm {
		case Ours:
			command = []string{binary, "--kubeconfig", s.kubeconfig(), "--listen", address, "--cert-dir", s.temp,
				"--metrics-listen", "", "--health-listen", "", "--shutdown-delay", "0s", "--audit", "off"}
		case Canned:
			if err := s.hear(ctx); err != nil {
				return err
			}
		}
		if err := s.start(ctx, command, filepath.Join(s.temp, namespaces[arm]+".log")); err != nil {
			return err
		}
		if err := s.awaitServer(ctx, arm); err != nil {
			return err
		}
	}
	return s.register(ctx)
}

// start runs a program on the control plane's machine, with which it ends.
func (s *stage) start(ctx context.Context, argv []string, log string) error {
	file, err := os.Create(log)
	if err != nil {
		return fmt.Errorf("create a log: %w", err)
	}
	defer file.Close()
	command := s.c.ControlPlane().Command(ctx, argv...)
	command.Stdout, command.Stderr = file, file
	if err := s.c.ControlPlane().Start(command); err != nil {
		return fmt.Errorf("start %s: %w", argv[0], err)
	}
	s.running = append(s.running, command)
	return nil
}

func (s *stage) awaitServer(ctx context.Context, arm Arm) error {
	return cluster.Wait(ctx, "the webhook "+string(arm), time.Minute, func(ctx context.Context) (bool, string, error) {
		connection, err := s.c.ControlPlane().Dial(ctx, "tcp", s.servers[arm])
		if err != nil {
			return false, err.Error(), nil
		}
		return true, "", connection.Close()
	})
}

// strike ends what was started.
func (s *stage) strike() {
	for _, command := range s.running {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
}

func writeCertificate(certificate tls.Certificate, folder string) error {
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		return fmt.Errorf("encode a key: %w", err)
	}
	var chain []byte
	for _, der := range certificate.Certificate {
		chain = append(chain, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	for name, text := range map[string][]byte{"tls.crt": chain, "tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return fmt.Errorf("write a certificate: %w", err)
		}
	}
	return nil
}

// kubeconfig is an administrator's, for a program within the control plane's network.
func (s *stage) kubeconfig() string { return filepath.Join(s.temp, "kubeconfig") }

// writeKubeconfig writes it: the host's, with the address that holds in there.
func (s *stage) writeKubeconfig() error {
	text, err := os.ReadFile(s.c.Kubeconfig())
	if err != nil {
		return fmt.Errorf("read the kubeconfig: %w", err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(text, &config); err != nil {
		return fmt.Errorf("decode the kubeconfig: %w", err)
	}
	clusters, _ := config["clusters"].([]any)
	for _, entry := range clusters {
		if of, is := entry.(map[string]any)["cluster"].(map[string]any); is {
			of["server"] = s.c.APIEndpoint()
		}
	}
	if text, err = yaml.Marshal(config); err != nil {
		return fmt.Errorf("encode the kubeconfig: %w", err)
	}
	if err := os.WriteFile(s.kubeconfig(), text, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	return nil
}

// register writes namespaces, and the configurations of every arm for its namespace.
func (s *stage) register(ctx context.Context) error {
	text, err := os.ReadFile(filepath.Join(s.root, "manifests", "base", "webhook", "webhooks.yaml"))
	if err != nil {
		return fmt.Errorf("read the configurations: %w", err)
	}
	var all []any
	for _, arm := range Arms() {
		all = append(all, map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": namespaces[arm]}})
		if server := s.servers[arm]; server != "" || arm == PlainMatched {
			configurations, err := s.configurations(text, arm)
			if err != nil {
				return err
			}
			all = append(all, configurations...)
		}
	}
	native, err := s.native(ctx)
	if err != nil {
		return err
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": append(all, native...)})
	if err != nil {
		return fmt.Errorf("encode the configurations: %w", err)
	}
	_, err = s.c.Kubectl(ctx, string(list), "apply", "--server-side", "-f", "-")
	return err
}

// native are the policies, bound to their namespace.
func (s *stage) native(ctx context.Context) ([]any, error) {
	cli, err := cluster.BuildGo(ctx, "./cmd/inshore")
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, cli, "native", "-o", "json").Output()
	if err != nil {
		return nil, fmt.Errorf("inshore native: %w", err)
	}
	var list struct{ Items []map[string]any }
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("decode the native policies: %w", err)
	}
	var all []any
	for _, item := range list.Items {
		if constraints, is := item["spec"].(map[string]any)["matchConstraints"].(map[string]any); is {
			constraints["namespaceSelector"] = only(Native)
		}
		all = append(all, item)
	}
	return all, nil
}

func only(arm Arm) map[string]any {
	return map[string]any{"matchLabels": map[string]any{"kubernetes.io/metadata.name": namespaces[arm]}}
}

// awaitMutation returns once the arms that mutate do, and the others answer: an API
// server learns of configurations by a watch, and compiles policies.
func (s *stage) awaitMutation(ctx context.Context, c *client, bodies map[Write]map[Arm][]byte) error {
	for _, w := range Writes() {
		for _, arm := range Arms() {
			err := cluster.Wait(ctx, fmt.Sprintf("%s to be in force for %s", arm, w), time.Minute, func(ctx context.Context) (bool, string, error) {
				_, answer, err := c.write(ctx, w, arm, bodies[w][arm])
				if err != nil {
					return false, err.Error(), nil
				}
				return mutated(w, answer) == arm.mutates(), string(answer[:min(len(answer), 2000)]), nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// dial reaches a webhook from outside its network.
func (s *stage) dial(arm Arm) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return s.c.ControlPlane().Dial(ctx, network, s.servers[arm])
	}
}
