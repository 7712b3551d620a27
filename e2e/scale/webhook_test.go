package scale

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/inshore-dev/inshore/e2e/cluster"
	"github.com/inshore-dev/inshore/e2e/outside"
)

// The webhook's own namespace and account, as in manifests/base/webhook.
const (
	ourNamespace = "inshore-system"
	ourAccount   = "inshore-webhook"
	ourUser      = "system:serviceaccount:" + ourNamespace + ":" + ourAccount
)

// webhook is the program, running on the host.
type webhook struct {
	t      *testing.T
	pid    int
	health string
	// metrics is the address of /metrics.
	metrics string
	// stop ends the program, once.
	stop func()
}

// startWebhook starts the program with the rights of its manifests, and has the
// API server call it. It ends with the test.
func startWebhook(ctx context.Context, t *testing.T, c *cluster.Cluster) *webhook {
	t.Helper()
	certificate, bundle, err := c.ServingCertificate("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	binary, err := cluster.BuildGo(ctx, outside.Program)
	if err != nil {
		t.Fatal(err)
	}
	w := &webhook{t: t, health: outside.FreeAddress(t), metrics: outside.FreeAddress(t)}
	listen := outside.FreeAddress(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "webhook.log"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "--kubeconfig", account(ctx, t, c), "--listen", listen, "--cert-dir", outside.WriteCertificate(t, certificate),
		"--metrics-listen", w.metrics, "--health-listen", w.health, "--shutdown-delay", "0s")
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	w.pid = command.Process.Pid
	w.stop = sync.OnceFunc(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		if err := command.Wait(); err != nil || t.Failed() {
			text, _ := os.ReadFile(log.Name())
			t.Errorf("the webhook ended with %v; it said:\n%.20000s", err, text)
		}
	})
	t.Cleanup(w.stop)
	apply(ctx, t, c, configurations(outside.Relay(t, c, listen), bundle))
	return w
}

// resident is the program's memory now.
func (w *webhook) resident() resident {
	w.t.Helper()
	r, err := readResident(w.pid)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// ready waits until the program says that it is.
func (w *webhook) ready(ctx context.Context) {
	w.t.Helper()
	err := cluster.Wait(ctx, "the webhook to be ready", limit, func(ctx context.Context) (bool, string, error) {
		status, text, err := get(ctx, "http://"+w.health+"/readyz")
		if err != nil {
			return false, err.Error(), nil
		}
		return status == http.StatusOK, text, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func get(ctx context.Context, url string) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func apply(ctx context.Context, t *testing.T, c *cluster.Cluster, text string) {
	t.Helper()
	if _, err := c.Kubectl(ctx, text, "apply", "-f", "-"); err != nil {
		t.Fatal(err)
	}
}

// account makes the program's service account with its rights, and returns a
// kubeconfig with which the program is that account.
func account(ctx context.Context, t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	apply(ctx, t, c, "{apiVersion: v1, kind: Namespace, metadata: {name: "+ourNamespace+"}}")
	text, err := c.Kubectl(ctx, "", "kustomize", filepath.Join(root, "manifests", "base", "webhook"))
	if err != nil {
		t.Fatal(err)
	}
	apply(ctx, t, c, rights(text))
	token, err := c.Client().CoreV1().ServiceAccounts(ourNamespace).CreateToken(ctx, ourAccount,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(7200))}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	admin := c.RESTConfig()
	config := api.NewConfig()
	config.Clusters["scale"] = &api.Cluster{Server: admin.Host, CertificateAuthorityData: admin.CAData, TLSServerName: admin.ServerName}
	config.AuthInfos[ourAccount] = &api.AuthInfo{Token: token.Status.Token}
	config.Contexts["scale"] = &api.Context{Cluster: "scale", AuthInfo: ourAccount}
	config.CurrentContext = "scale"
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	return file
}

// rights are the manifests without what runs, and without what has the API
// server call it.
func rights(manifests string) string {
	var kept []string
	for _, document := range strings.Split(manifests, "\n---\n") {
		for _, kind := range []string{"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"} {
			if strings.Contains("\n"+document, "\nkind: "+kind+"\n") {
				kept = append(kept, document)
			}
		}
	}
	return strings.Join(kept, "\n---\n")
}

// configurations have the API server call the webhook by url, for both kinds.
func configurations(address, bundle string) string {
	var text strings.Builder
	for _, phase := range []struct{ kind, name, extra string }{
		{"MutatingWebhookConfiguration", "mutate", "reinvocationPolicy: IfNeeded"},
		{"ValidatingWebhookConfiguration", "validate", "failurePolicy: Fail"},
	} {
		fmt.Fprintf(&text, "---\napiVersion: admissionregistration.k8s.io/v1\nkind: %s\nmetadata: {name: inshore-%s}\nwebhooks:\n", phase.kind, phase.name)
		for _, resource := range []struct{ group, name string }{{"", "services"}, {"apps", "daemonsets"}} {
			fmt.Fprintf(&text, `  - name: %[1]s.inshore.dev
    clientConfig: {url: "https://%[2]s/%[3]s/%[1]s", caBundle: %[4]s}
    rules: [{apiGroups: [%[5]q], apiVersions: [v1], resources: [%[1]s], operations: [CREATE, UPDATE], scope: Namespaced}]
    sideEffects: None
    admissionReviewVersions: [v1]
    %[6]s
`, resource.name, address, phase.name, bundle, resource.group, phase.extra)
		}
	}
	return text.String()
}
