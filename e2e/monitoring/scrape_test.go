package monitoring

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// serviceMonitor is what we use of the operator's resource.
type serviceMonitor struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       struct {
		JobLabel string `json:"jobLabel"`
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		Endpoints []struct {
			Port        string `json:"port"`
			Interval    string `json:"interval"`
			HonorLabels bool   `json:"honorLabels"`
			Relabelings []struct {
				SourceLabels []string `json:"sourceLabels"`
				TargetLabel  string   `json:"targetLabel"`
			} `json:"relabelings"`
		} `json:"endpoints"`
	} `json:"spec"`
}

// Each ServiceMonitor finds exactly one port of one Service that is installed, and
// makes of it the job and the labels that alerts ask for.
func TestServiceMonitorsFindTheirServices(t *testing.T) {
	var services []corev1.Service
	for _, resource := range render(t, "overlays/agent").Resources() {
		if resource.GetKind() != "Service" {
			continue
		}
		var service corev1.Service
		if err := yaml.UnmarshalStrict([]byte(resource.MustYaml()), &service); err != nil {
			t.Fatal(err)
		}
		services = append(services, service)
	}
	for _, resource := range render(t, "monitoring").Resources() {
		if resource.GetKind() != "ServiceMonitor" {
			continue
		}
		var monitor serviceMonitor
		if err := yaml.UnmarshalStrict([]byte(resource.MustYaml()), &monitor); err != nil {
			t.Fatal(err)
		}
		endpoint := monitor.Spec.Endpoints[0]
		var found []string
		for _, service := range services {
			if service.Namespace != resource.GetNamespace() || !selects(monitor.Spec.Selector.MatchLabels, service.Labels) {
				continue
			}
			for _, port := range service.Spec.Ports {
				if port.Name == endpoint.Port {
					found = append(found, fmt.Sprintf("%s:%d", service.Name, port.Port))
				}
			}
			if job := service.Labels[monitor.Spec.JobLabel]; job != resource.GetName() {
				t.Errorf("%s: the job is %q, and alerts are about %q", resource.GetName(), job, resource.GetName())
			}
		}
		if len(found) != 1 {
			t.Errorf("%s finds %v, want one port", resource.GetName(), found)
		}
		if len(monitor.Spec.Endpoints) != 1 || !endpoint.HonorLabels {
			t.Errorf("%s takes the labels namespace and service from our metrics", resource.GetName())
		}
		node := len(endpoint.Relabelings) == 1 && endpoint.Relabelings[0].TargetLabel == "node"
		if node != (resource.GetName() == "inshore-agent") {
			t.Errorf("%s relabels %v, want a node for agents alone", resource.GetName(), endpoint.Relabelings)
		}
	}
}

func selects(wanted, labels map[string]string) bool {
	for key, value := range wanted {
		if labels[key] != value {
			return false
		}
	}
	return len(wanted) > 0
}
