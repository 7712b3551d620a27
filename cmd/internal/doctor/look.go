package doctor

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	versionutil "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes"
	admissionclient "k8s.io/client-go/kubernetes/typed/admissionregistration/v1"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/registration"
)

// Config says what to look at, and how.
type Config struct {
	Client kubernetes.Interface
	// Namespace is where the webhook is.
	Namespace string
	// CanaryNamespace is where the dry runs claim to create something.
	CanaryNamespace string
	// CRD reads the CRD of NodeLocalPolicies, and Policies lists them; both need more
	// than Client.
	CRD      func(context.Context) (*CRD, error)
	Policies func(context.Context) ([]*v1alpha1.NodeLocalPolicy, error)
	// Ask runs an agent's own check; nil to ask none.
	Ask Ask
	// Progress is told what is being done; nil for nobody.
	Progress func(string)
}

// Look gathers facts. The error is that the cluster cannot be reached at all;
// whatever else cannot be seen is among the facts.
func Look(ctx context.Context, config Config) (*Facts, error) {
	if config.Progress == nil {
		config.Progress = func(string) {}
	}
	f := &Facts{Now: time.Now(), Namespace: config.Namespace}
	config.Progress("reaching the cluster")
	if err := f.lookAtVersion(config.Client); err != nil {
		return nil, err
	}
	config.Progress("looking at the webhook")
	f.lookAtWebhook(ctx, config)
	config.Progress("trying admission with dry runs")
	f.sendCanaries(ctx, config)
	config.Progress("looking at policies and audit")
	f.lookAtAudit(ctx, config)
	config.Progress("looking at the agents")
	f.lookAtAgents(ctx, config.Client)
	if !f.hasAgent() {
		return f, nil
	}
	config.Progress("looking at daemons with the readiness gate")
	f.lookAtDaemons(ctx, config.Client)
	if config.Ask != nil {
		f.askAgents(ctx, config)
	}
	return f, nil
}

func (f *Facts) lookAtVersion(client kubernetes.Interface) error {
	info, err := client.Discovery().ServerVersion()
	if status := apierrors.APIStatus(nil); err != nil && !errors.As(err, &status) {
		return fmt.Errorf("reaching the cluster: %w", err)
	}
	if err != nil {
		f.Kubernetes.Err = err
		return nil
	}
	version, err := versionutil.ParseGeneric(info.GitVersion)
	if err != nil {
		f.Kubernetes.Err = err
		return nil
	}
	f.Kubernetes.Value = v1alpha1.Version{Major: int(version.Major()), Minor: int(version.Minor())}
	return nil
}

func (f *Facts) lookAtWebhook(ctx context.Context, config Config) {
	var get metav1.GetOptions
	f.Deployment = found(config.Client.AppsV1().Deployments(config.Namespace).Get(ctx, "inshore-webhook", get))
	configurations := config.Client.AdmissionregistrationV1()
	f.Mutating = found(configurations.MutatingWebhookConfigurations().Get(ctx, registration.MutateName, get))
	f.Validating = found(configurations.ValidatingWebhookConfigurations().Get(ctx, registration.ValidateName, get))
}

// agents selects the agents' pods.
const agents = "app.kubernetes.io/name=inshore-agent,app.kubernetes.io/component=agent"

func (f *Facts) lookAtAgents(ctx context.Context, client kubernetes.Interface) {
	f.DaemonSet = found(client.AppsV1().DaemonSets(v1alpha1.AgentNamespace).Get(ctx, "inshore-agent", metav1.GetOptions{}))
	if !f.hasAgent() {
		return
	}
	if list, err := client.CoreV1().Pods(v1alpha1.AgentNamespace).List(ctx, cached(agents)); err != nil {
		f.Agents.Err = err
	} else {
		f.Agents.Value = list.Items
	}
	if list, err := client.CoreV1().Nodes().List(ctx, cached("")); err != nil {
		f.Nodes.Err = err
	} else {
		f.Nodes.Value = list.Items
	}
	if list, err := client.CoordinationV1().Leases(v1alpha1.AgentNamespace).List(ctx, metav1.ListOptions{}); err != nil {
		f.Leases.Err = err
	} else {
		f.Leases.Value = list.Items
	}
	f.lookAtPolicies(ctx, client.AdmissionregistrationV1())
}

func (f *Facts) lookAtPolicies(ctx context.Context, client admissionclient.AdmissionregistrationV1Interface) {
	if list, err := client.ValidatingAdmissionPolicies().List(ctx, cached("")); err != nil {
		f.Policies.Err = err
	} else {
		f.Policies.Value = list.Items
	}
	if list, err := client.ValidatingAdmissionPolicyBindings().List(ctx, cached("")); err != nil {
		f.Bindings.Err = err
	} else {
		f.Bindings.Value = list.Items
	}
}

func (f *Facts) lookAtDaemons(ctx context.Context, client kubernetes.Interface) {
	all, err := client.AppsV1().DaemonSets("").List(ctx, cached(""))
	if err != nil {
		f.Daemons.Err = err
		return
	}
	for i := range all.Items {
		if d := &all.Items[i]; gated(d) {
			f.Daemons.Value = append(f.Daemons.Value, Daemon{DaemonSet: *d, Pods: podsOf(ctx, client, d)})
		}
	}
}

func podsOf(ctx context.Context, client kubernetes.Interface, d *appsv1.DaemonSet) Known[[]corev1.Pod] {
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return Known[[]corev1.Pod]{Err: err}
	}
	list, err := client.CoreV1().Pods(d.Namespace).List(ctx, cached(selector.String()))
	if err != nil {
		return Known[[]corev1.Pod]{Err: err}
	}
	var own []corev1.Pod
	for i := range list.Items {
		if metav1.IsControlledBy(&list.Items[i], d) {
			own = append(own, list.Items[i])
		}
	}
	return Known[[]corev1.Pod]{Value: own}
}

// cached lists from the API server's cache, which costs etcd nothing however
// large the cluster.
func cached(selector string) metav1.ListOptions {
	return metav1.ListOptions{LabelSelector: selector, ResourceVersion: "0"}
}

// found is an object that may be absent.
func found[T any](object *T, err error) Known[*T] {
	switch {
	case apierrors.IsNotFound(err):
		return Known[*T]{}
	case err != nil:
		return Known[*T]{Err: err}
	}
	return Known[*T]{Value: object}
}
