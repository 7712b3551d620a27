package manifests_test

import (
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestNothingPassesThatNoPolicyNames(t *testing.T) {
	policy := named[*networking.NetworkPolicy](t, render(t, "embedded"), "default-deny")
	if len(policy.Spec.PodSelector.MatchLabels)+len(policy.Spec.PodSelector.MatchExpressions) != 0 {
		t.Errorf("default-deny selects %v, want every pod", policy.Spec.PodSelector)
	}
	if len(policy.Spec.Ingress)+len(policy.Spec.Egress) != 0 {
		t.Error("default-deny lets something pass")
	}
	if !slices.Equal(policy.Spec.PolicyTypes, []networking.PolicyType{networking.PolicyTypeIngress, networking.PolicyTypeEgress}) {
		t.Errorf("default-deny denies %v only", policy.Spec.PolicyTypes)
	}
}

func TestTheWebhookIsReachedForAdmissionByAnyoneAndForMetricsByFew(t *testing.T) {
	objects := render(t, "embedded")
	numbers := map[string]int32{}
	for _, port := range named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec.Containers[0].Ports {
		numbers[port.Name] = port.ContainerPort
	}
	from := map[int32][]networking.NetworkPolicyPeer{}
	policy := named[*networking.NetworkPolicy](t, objects, "inshore-webhook")
	for _, rule := range policy.Spec.Ingress {
		if len(rule.Ports) == 0 {
			t.Fatal("a rule opens every port")
		}
		for _, port := range rule.Ports {
			from[numbers[port.Port.StrVal]] = rule.From
		}
	}
	if peers, open := from[9443]; !open || len(peers) != 0 {
		t.Errorf("admission is open: %t, to %v; the API server cannot be selected", open, peers)
	}
	peers := from[8080]
	if len(peers) != 1 || peers[0].NamespaceSelector.MatchLabels["inshore.dev/metrics"] != "true" {
		t.Errorf("metrics are open to %v, want namespaces labelled inshore.dev/metrics", peers)
	}
	if len(from) != 2 {
		t.Errorf("ports open are %v, want two", from)
	}
}

func TestTheWebhookReachesTheAPIServerAndDNS(t *testing.T) {
	policy := named[*networking.NetworkPolicy](t, render(t, "embedded"), "inshore-webhook")
	var ports []string
	for _, rule := range policy.Spec.Egress {
		for _, port := range rule.Ports {
			if port.Port.Type != intstr.Int {
				t.Errorf("egress port %s is a name, which stands for our own container's", port.Port)
			}
			ports = append(ports, string(*port.Protocol)+"/"+port.Port.String())
		}
	}
	if want := []string{"TCP/443", "TCP/6443", "UDP/53", "TCP/53"}; !slices.Equal(ports, want) {
		t.Errorf("egress is open to %v, want %v", ports, want)
	}
}
