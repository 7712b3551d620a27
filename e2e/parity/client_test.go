package parity

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/corpus"
)

// The users that tests impersonate, each met by other configurations. The suffix
// is the installation's default readiness gate.
const (
	userRaw     = "raw"
	userWebhook = "webhook-"
	// userGoverned is met by the same webhooks, asked about every object: as where
	// a policy has made a replica register for more.
	userGoverned = "governed-"
	userNative   = "native-"
)

// gates are the defaults that the corpus has cases for.
var gates = []v1alpha1.ReadinessGate{v1alpha1.ReadinessGateNone, v1alpha1.ReadinessGateAgent}

// user is one of the users, asking about a case.
func user(prefix string, c *corpus.Case) string {
	if c.Platform.ReadinessGate == v1alpha1.ReadinessGateAgent {
		return prefix + string(v1alpha1.ReadinessGateAgent)
	}
	return prefix + string(v1alpha1.ReadinessGateNone)
}

// door is the user who asks the webhooks about a case.
func door(c *corpus.Case) string {
	if c.Policies != nil {
		return user(userGoverned, c)
	}
	return user(userWebhook, c)
}

// client writes as one user and hears the warnings.
type client struct {
	dynamic.Interface
	warnings []string
}

func (c *client) HandleWarningHeader(_ int, _ string, text string) {
	c.warnings = append(c.warnings, text)
}

func newClient(t *testing.T, user string) *client {
	t.Helper()
	c := &client{}
	config := shared.RESTConfig()
	config.QPS = -1
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:masters"}}
	config.WarningHandler = c
	var err error
	if c.Interface, err = dynamic.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is what the API server says to a request.
type answer struct {
	object   map[string]any
	warnings []string
	err      error
}

var resources = map[string]schema.GroupVersionResource{
	"Namespace":   {Version: "v1", Resource: "namespaces"},
	"Node":        {Version: "v1", Resource: "nodes"},
	"Pod":         {Version: "v1", Resource: "pods"},
	"Service":     {Version: "v1", Resource: "services"},
	"DaemonSet":   {Group: "apps", Version: "v1", Resource: "daemonsets"},
	"Deployment":  {Group: "apps", Version: "v1", Resource: "deployments"},
	"StatefulSet": {Group: "apps", Version: "v1", Resource: "statefulsets"},
	"Job":         {Group: "batch", Version: "v1", Resource: "jobs"},
	"CronJob":     {Group: "batch", Version: "v1", Resource: "cronjobs"},

	"MutatingWebhookConfiguration":     {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingwebhookconfigurations"},
	"ValidatingWebhookConfiguration":   {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"},
	"MutatingAdmissionPolicy":          {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingadmissionpolicies"},
	"MutatingAdmissionPolicyBinding":   {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "mutatingadmissionpolicybindings"},
	"CustomResourceDefinition":         {Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"},
	"NodeLocalPolicy":                  {Group: "inshore.dev", Version: "v1alpha1", Resource: "nodelocalpolicies"},
	"ValidatingAdmissionPolicy":        {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicies"},
	"ValidatingAdmissionPolicyBinding": {Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingadmissionpolicybindings"},
}

// of is the objects of a kind in a namespace.
func (c *client) of(object *unstructured.Unstructured) dynamic.ResourceInterface {
	all := c.Resource(resources[object.GetKind()])
	if object.GetNamespace() == "" {
		return all
	}
	return all.Namespace(object.GetNamespace())
}

// write creates or updates an object.
func (c *client) write(ctx context.Context, object *unstructured.Unstructured, update, dryRun bool) answer {
	c.warnings = nil
	var options []string
	if dryRun {
		options = []string{metav1.DryRunAll}
	}
	var got *unstructured.Unstructured
	var err error
	if update {
		got, err = c.of(object).Update(ctx, object, metav1.UpdateOptions{DryRun: options})
	} else {
		got, err = c.of(object).Create(ctx, object, metav1.CreateOptions{DryRun: options})
	}
	a := answer{warnings: c.warnings, err: err}
	if err == nil {
		a.object = got.Object
	}
	return a
}

// delete removes an object, if it is there.
func (c *client) delete(ctx context.Context, object *unstructured.Unstructured) {
	_ = c.of(object).Delete(ctx, object.GetName(), metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))})
}

func asObject(m corpus.Manifest) *unstructured.Unstructured {
	return (&unstructured.Unstructured{Object: m.Object}).DeepCopy()
}
