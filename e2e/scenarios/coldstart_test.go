package scenarios

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// coldStart cuts the power of all machines, control plane and nodes, while a policy
// for everyone is enforced, so that the API server asks us about every Service and
// DaemonSet, and refuses it while none of our pods runs. What our pods need is
// not among that: everything comes up by itself.
func coldStart(s story) {
	enforceEveryone(s)
	before := s.restarts()
	restore, err := s.c.CutPower(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	begin := time.Now()
	took := func(what string) {
		s.Logf("%s: %s after the power came back", what, time.Since(begin).Round(100*time.Millisecond))
	}
	if err := restore(); err != nil {
		s.Fatal(err)
	}
	s.wait("the API server", func() (bool, string) {
		err := s.create("kube-system")
		return err == nil, fmt.Sprint(err)
	})
	took("a Service of kube-system is let through")
	refused := 0
	s.wait("a Service of a team to be let through", func() (bool, string) {
		err := s.create("default")
		if apierrors.IsInternalError(err) && strings.Contains(err.Error(), "inshore.dev") {
			refused++
		}
		return err == nil, fmt.Sprint(err)
	})
	took(fmt.Sprintf("a Service of a team is let through, having been refused %d times", refused))
	if refused == 0 {
		s.Error("nothing was refused while no replica could answer: the policy was not registered, and this shows nothing")
	}
	s.wait("every replica to be started again and ready", func() (bool, string) {
		now := s.restarts()
		ready := s.kubectl("", "-n", stage.Namespace, "get", "deployment/inshore-webhook", "-o", "jsonpath={.status.readyReplicas}")
		return ready == "2" && now != before, ready + " ready, restarts " + now
	})
	took("both replicas are ready")
	s.wait("mutation", func() (bool, string) {
		policy := s.kubectl(fmt.Sprintf(teamService, "cold"), "create", "--dry-run=server", "-f", "-", "-o", "jsonpath={.spec.internalTrafficPolicy}")
		return policy == "Local", policy
	})
	took("admission works")
}

// teamService is opted in.
const teamService = `
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: default, annotations: {inshore.dev/node-local: required}}
spec: {selector: {app: cold}, ports: [{port: 80}]}
`

// create tries a Service that nobody opted in.
func (s story) create(namespace string) error {
	_, err := s.c.Client().CoreV1().Services(namespace).Create(s.ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "cold-"},
		Spec:       corev1.ServiceSpec{Selector: map[string]string{"app": "cold"}, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// restarts tells the containers of the webhook from those of another time.
func (s story) restarts() string {
	s.Helper()
	return s.kubectl("", "-n", stage.Namespace, "get", "pods", "-l", "app.kubernetes.io/name=inshore-webhook",
		"-o", `jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].containerID}{"\n"}{end}`)
}
