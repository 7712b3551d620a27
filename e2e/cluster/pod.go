package cluster

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// PodGet sends an HTTP GET to a port of a pod through the API server and returns the body. The path may
// carry a query: "/run?n=300".
func (c *Cluster) PodGet(ctx context.Context, namespace, pod string, port int, path string) ([]byte, error) {
	target, err := url.Parse(path)
	if err != nil {
		return nil, fmt.Errorf("path for pod %s: %w", pod, err)
	}
	parameters := map[string]string{}
	for name, values := range target.Query() {
		parameters[name] = values[0]
	}
	body, err := c.clients.CoreV1().Pods(namespace).
		ProxyGet("http", pod, strconv.Itoa(port), target.Path, parameters).DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("get %s of pod %s/%s: %w: %s", path, namespace, pod, err, body)
	}
	return body, nil
}

// WaitPodsReady waits until exactly count pods that the label selector picks are there, and all ready.
func (c *Cluster) WaitPodsReady(ctx context.Context, namespace, selector string, count int, limit time.Duration) ([]corev1.Pod, error) {
	var pods []corev1.Pod
	what := fmt.Sprintf("%d ready pods %s in namespace %s", count, selector, namespace)
	err := c.step(ctx, what, limit, func(ctx context.Context) (bool, string, error) {
		list, err := c.clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return false, err.Error(), nil
		}
		pods = list.Items
		ready := 0
		var seen []string
		for _, pod := range pods {
			if podReady(&pod) {
				ready++
			}
			seen = append(seen, fmt.Sprintf("%s on %s: %s", pod.Name, pod.Spec.NodeName, podState(&pod)))
		}
		return ready == count && len(pods) == count, fmt.Sprintf("%d pods: %s", len(pods), strings.Join(seen, ", ")), nil
	})
	return pods, err
}

func podReady(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue && pod.DeletionTimestamp == nil
		}
	}
	return false
}

// podState says in a few words what keeps a pod from being ready.
func podState(pod *corev1.Pod) string {
	if pod.DeletionTimestamp != nil {
		return "Terminating"
	}
	for _, container := range pod.Status.ContainerStatuses {
		switch state := container.State; {
		case state.Waiting != nil:
			return strings.TrimSpace(state.Waiting.Reason + " " + state.Waiting.Message)
		case state.Terminated != nil:
			return fmt.Sprintf("ended with %d %s", state.Terminated.ExitCode, state.Terminated.Reason)
		}
	}
	for _, condition := range pod.Status.Conditions {
		if condition.Status == corev1.ConditionFalse && condition.Message != "" {
			return condition.Message
		}
	}
	return string(pod.Status.Phase)
}
