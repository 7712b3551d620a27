package audit

import (
	"context"
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	versionutil "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/pager"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/policies/input"
	"github.com/inshore-dev/inshore/policies/related"
	"github.com/inshore-dev/inshore/webhook/mirror"
)

// Config says what to look at.
type Config struct {
	Client kubernetes.Interface
	// Namespace is the one to look at; empty for all.
	Namespace string
	// Policies lists the cluster's NodeLocalPolicies.
	Policies func(context.Context) ([]*v1alpha1.NodeLocalPolicy, error)
	// ReadinessGate is the installation's default; empty asks the cluster whether
	// the node agent is there.
	ReadinessGate v1alpha1.ReadinessGate
	// Keep has [Facts].Objects filled, for those who say what is to be written: the
	// Store has no annotations of others.
	Keep bool
	// Progress is told what is being done; nil for nobody.
	Progress func(string)
}

// Facts are what verdicts depend on.
type Facts struct {
	Platform v1alpha1.Platform
	Store    *related.Store
	Policies []*v1alpha1.NodeLocalPolicy
	// Objects are the Services and DaemonSets as they are stored, in no order; empty
	// unless they were to be kept.
	Objects []Stored
	// Notes say what could not be seen and what is not known for that.
	Notes []string
}

// Stored is a Service or a DaemonSet with what is seen of its pods.
type Stored struct {
	input.Object
	// Pods are as many as the nodes that a DaemonSet is to run on, as its controller
	// counted them last.
	Pods int32
}

// Look lists what there is. The error is about something without which no verdict
// would be worth anything; what merely makes one less exact is noted.
func Look(ctx context.Context, config Config) (*Facts, error) {
	if config.Progress == nil {
		config.Progress = func(string) {}
	}
	f := &Facts{Store: &related.Store{}}
	for _, step := range []struct {
		name string
		look func() error
	}{
		{"reaching the cluster", func() error { return f.lookAtVersion(config.Client) }},
		{"listing Services and DaemonSets", func() error { return f.lookAtObjects(ctx, config) }},
		{"listing nodes and namespaces", func() error { return f.lookAround(ctx, config) }},
		{"listing exceptions", func() error { return f.lookAtPolicies(ctx, config) }},
		{"looking for the node agent", func() error { return f.lookForAgent(ctx, config) }},
	} {
		config.Progress(step.name)
		if err := step.look(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *Facts) lookAtVersion(client kubernetes.Interface) error {
	info, err := client.Discovery().ServerVersion()
	if err != nil {
		return fmt.Errorf("reaching the cluster: %w", err)
	}
	version, err := versionutil.ParseGeneric(info.GitVersion)
	if err != nil {
		return fmt.Errorf("reading the API server's version: %w", err)
	}
	f.Platform.Kubernetes = v1alpha1.Version{Major: int(version.Major()), Minor: int(version.Minor())}
	return nil
}

func (f *Facts) lookAtObjects(ctx context.Context, config Config) error {
	core, apps, namespace := config.Client.CoreV1(), config.Client.AppsV1(), config.Namespace
	return errors.Join(
		each(ctx, "Services", core.Services(namespace).List, func(s *corev1.Service) {
			service := mirror.ProjectService(s)
			f.Store.PutService(service)
			f.keep(config, Stored{Object: service})
		}),
		each(ctx, "DaemonSets", apps.DaemonSets(namespace).List, func(d *appsv1.DaemonSet) {
			daemonSet := mirror.ProjectDaemonSet(d)
			f.Store.PutDaemonSet(daemonSet)
			f.keep(config, Stored{daemonSet, d.Status.DesiredNumberScheduled})
		}),
		each(ctx, "Deployments", apps.Deployments(namespace).List, func(d *appsv1.Deployment) { f.Store.PutWorkload(mirror.ProjectDeployment(d)) }),
		each(ctx, "StatefulSets", apps.StatefulSets(namespace).List, func(s *appsv1.StatefulSet) { f.Store.PutWorkload(mirror.ProjectStatefulSet(s)) }),
	)
}

func (f *Facts) keep(config Config, object Stored) {
	if config.Keep {
		f.Objects = append(f.Objects, object)
	}
}

// lookAround lists what is not in a namespace. Who may see one namespace only may
// not see these, and gets the verdicts that do not need them.
func (f *Facts) lookAround(ctx context.Context, config Config) error {
	core := config.Client.CoreV1()
	nodes := each(ctx, "Nodes", core.Nodes().List, func(n *corev1.Node) { f.Store.PutNode(mirror.ProjectNode(n)) })
	namespaces := each(ctx, "Namespaces", core.Namespaces().List, func(n *corev1.Namespace) {
		f.Store.PutNamespace(&input.Namespace{Name: n.Name, Labels: n.Labels})
	})
	return errors.Join(
		f.unlessForbidden(nodes, "whether DaemonSets reach every node is not known"),
		f.unlessForbidden(namespaces, "rules that read labels of namespaces see none"),
	)
}

func (f *Facts) lookAtPolicies(ctx context.Context, config Config) error {
	var err error
	f.Policies, err = config.Policies(ctx)
	return f.unlessForbidden(err, "exceptions are not known, and what they except is reported as if there were none")
}

func (f *Facts) lookForAgent(ctx context.Context, config Config) error {
	f.Platform.ReadinessGate = config.ReadinessGate
	if config.ReadinessGate != "" {
		return nil
	}
	f.Platform.ReadinessGate = v1alpha1.ReadinessGateNone
	_, err := config.Client.AppsV1().DaemonSets(v1alpha1.AgentNamespace).Get(ctx, "inshore-agent", metav1.GetOptions{})
	switch {
	case err == nil:
		f.Platform.ReadinessGate = v1alpha1.ReadinessGateAgent
	case !apierrors.IsNotFound(err):
		return f.unlessForbidden(fmt.Errorf("looking for the node agent: %w", err),
			"the readiness gate is taken to be none by default; say --readiness-gate=agent where the agent is installed")
	}
	return nil
}

// unlessForbidden notes what a missing right costs.
func (f *Facts) unlessForbidden(err error, cost string) error {
	if apierrors.IsForbidden(err) {
		f.Notes = append(f.Notes, fmt.Sprintf("%v: %s", err, cost))
		return nil
	}
	return err
}

// each calls see with every object of a kind, page by page.
func each[L runtime.Object, T any](ctx context.Context, kind string, list func(context.Context, metav1.ListOptions) (L, error), see func(*T)) error {
	pages := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
		return list(ctx, options)
	})
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		item, ok := any(object).(*T)
		if !ok {
			return fmt.Errorf("got a %T among %s", object, kind)
		}
		see(item)
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing %s: %w", kind, err)
	}
	return nil
}
