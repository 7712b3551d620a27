package agent

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/inshore-dev/inshore/agent/kube"
)

// leaveTimeout bounds the question to the API server. What is to be removed
// afterwards takes milliseconds, and a pod has 30 s.
const leaveTimeout = 5 * time.Second

// leave removes everything from the node if we are gone for good, and reports
// whether that was so. A restart and an upgrade look the same to a process that
// is told to stop; only the DaemonSet tells them from a removal.
func leave(o *options, self own, n node, client *kube.Client, log logr.Logger) (bool, error) {
	if o.daemonSet == "" || self.namespace == "" {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	gone, why := daemonSetGone(ctx, client, self.namespace, o.daemonSet)
	if !gone {
		log.Info("Our DaemonSet is there, or nobody can tell", "answer", why)
		return false, nil
	}
	log.Info("Our DaemonSet is gone; removing everything from the node", "answer", why)
	if err := n.remove(); err != nil {
		return true, fmt.Errorf("leaving the node: %w", err)
	}
	log.Info("Removed everything from the node")
	return true, nil
}

// daemonSetGone asks the API server. That it does not know us any more is an
// answer as well: whoever deletes a namespace or a whole manifest deletes the
// account and its rights with it, perhaps first.
func daemonSetGone(ctx context.Context, client *kube.Client, namespace, name string) (gone bool, why string) {
	found := &appsv1.DaemonSet{}
	err := client.Apps.Get().Namespace(namespace).Resource("daemonsets").Name(name).Do(ctx).Into(found)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err), apierrors.IsUnauthorized(err):
		return true, err.Error()
	case err != nil:
		return false, err.Error()
	case found.DeletionTimestamp != nil:
		return true, "it is being deleted since " + found.DeletionTimestamp.String()
	}
	return false, "it is there"
}
