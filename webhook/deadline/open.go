package deadline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// ReasonAgentStale is the reason of the condition and of the event.
const ReasonAgentStale = "AgentStale"

// open marks a pod as routed and says so. A pod that changed since it was looked
// at, by its kubelet or by another replica of ours, is left to the next look.
func (d *Deadline) open(ctx context.Context, w waiter, silent time.Duration) error {
	message := fmt.Sprintf("the Inshore agent on node %s has shown no sign of life for %s: this pod counts as ready without it, "+
		"and connections may go to the pod that it replaces", w.node, silent.Round(time.Second))
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: w.Name, UID: w.uid}}
	patch, err := routed(w, message, d.Clock.Now())
	if err != nil {
		return fmt.Errorf("marking pod %s as routed: %w", w.NamespacedName, err)
	}
	switch err := d.Writer.Status().Patch(ctx, pod, client.RawPatch(types.StrategicMergePatchType, patch)); {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		d.Log.V(1).Info("The pod changed meanwhile", "pod", w.NamespacedName, "node", w.node)
		return nil
	case err != nil:
		return fmt.Errorf("marking pod %s as routed: %w", w.NamespacedName, err)
	}
	d.opened.Inc()
	d.Log.Info("Opened a readiness gate in place of a dead agent", "pod", w.NamespacedName, "node", w.node, "silent", silent.String())
	d.Events.Eventf(pod, nil, corev1.EventTypeWarning, ReasonAgentStale, "OpenReadinessGate", "%s", message)
	return nil
}

// routed is the patch that sets the condition on that very pod in that very
// version.
func routed(w waiter, message string, now time.Time) ([]byte, error) {
	return json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": w.uid, "resourceVersion": w.version},
		"status": map[string]any{"conditions": []corev1.PodCondition{{
			Type: v1alpha1.ReadinessGateRouted, Status: corev1.ConditionTrue,
			Reason: ReasonAgentStale, Message: message, LastTransitionTime: metav1.NewTime(now),
		}}},
	})
}
