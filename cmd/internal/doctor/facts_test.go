package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/inshore-dev/inshore/agent/check"
	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/registration"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// well are the facts of an installation with the agent, on two nodes, in which
// nothing is wrong.
func well(t *testing.T) *Facts {
	t.Helper()
	f := &Facts{Now: now, Namespace: "inshore-system"}
	f.Kubernetes.Value = v1alpha1.Version{Major: 1, Minor: 36}
	f.Deployment.Value = &appsv1.Deployment{
		Spec:   appsv1.DeploymentSpec{Replicas: new(int32(2)), Template: template("inshore-webhook:v1")},
		Status: appsv1.DeploymentStatus{ReadyReplicas: 2, UpdatedReplicas: 2},
	}
	configurations(f, bundle(t, now.Add(time.Hour)))
	f.Canaries = mutated()
	f.CRD.Value = crd()
	f.Leader.Value = &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{
		HolderIdentity: new("inshore-webhook-1"), RenewTime: &metav1.MicroTime{Time: now.Add(-10 * time.Second)}, LeaseDurationSeconds: new(int32(30)),
	}}
	f.NodeLocalPolicies.Value = []*v1alpha1.NodeLocalPolicy{everyone()}
	f.DaemonSet.Value = &appsv1.DaemonSet{
		Spec:   appsv1.DaemonSetSpec{Template: template("ghcr.io:5000/inshore-agent:v1")},
		Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 2, UpdatedNumberScheduled: 2},
	}
	f.Checks = map[string]Known[*check.Report]{}
	for _, node := range []string{"a", "b"} {
		f.Nodes.Value = append(f.Nodes.Value, corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node, Labels: map[string]string{corev1.LabelOSStable: "linux"}}})
		f.Agents.Value = append(f.Agents.Value, pod("agent-"+node, node, corev1.PodReady))
		f.Leases.Value = append(f.Leases.Value, coordinationv1.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: node},
			Spec:       coordinationv1.LeaseSpec{RenewTime: &metav1.MicroTime{Time: now.Add(-10 * time.Second)}, LeaseDurationSeconds: new(int32(40))},
		})
		f.Checks[node] = Known[*check.Report]{Value: &check.Report{Suitable: true, Facts: []check.Fact{{Name: "kernel", Value: "6.1"}}}}
	}
	for _, name := range policyNames {
		f.Policies.Value = append(f.Policies.Value, admissionv1.ValidatingAdmissionPolicy{ObjectMeta: metav1.ObjectMeta{Name: name}})
		f.Bindings.Value = append(f.Bindings.Value, admissionv1.ValidatingAdmissionPolicyBinding{Spec: admissionv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName: name, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny},
		}})
	}
	waiting := pod("mcrouter-1", "a", corev1.ContainersReady)
	waiting.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: v1alpha1.ReadinessGateRouted}}
	f.Daemons.Value = []Daemon{{
		DaemonSet: appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "core", Name: "mcrouter"}},
		Pods:      Known[[]corev1.Pod]{Value: []corev1.Pod{waiting}},
	}}
	return f
}

func template(image string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{Spec: corev1.PodSpec{Containers: []corev1.Container{{Image: image}}}}
}

// pod runs on a node, and one condition of it came true half a minute ago.
func pod(name, node string, condition corev1.PodConditionType) corev1.Pod {
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{NodeName: node},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{
			Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-30 * time.Second)),
		}}},
	}
}

func mutated() Canaries {
	return Canaries{
		Service: Known[*corev1.Service]{Value: &corev1.Service{Spec: corev1.ServiceSpec{InternalTrafficPolicy: new(corev1.ServiceInternalTrafficPolicyLocal)}}},
		DaemonSet: Known[*appsv1.DaemonSet]{Value: &appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxSurge: new(intstr.FromInt32(1))}},
			Template:       corev1.PodTemplateSpec{Spec: corev1.PodSpec{ReadinessGates: []corev1.PodReadinessGate{{ConditionType: v1alpha1.ReadinessGateRouted}}}},
		}}},
		Refused: errors.New(`admission webhook "services.validate.inshore.dev" denied the request: metadata.annotations[inshore.dev/node-local]: …`),
	}
}

// configurations are what registration says they must mean.
func configurations(f *Facts, bundle []byte) {
	f.Mutating.Value = &admissionv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: registration.MutateName}}
	for _, w := range registration.Mutating() {
		v := webhook(w, bundle)
		f.Mutating.Value.Webhooks = append(f.Mutating.Value.Webhooks, admissionv1.MutatingWebhook{
			Name: v.Name, ClientConfig: v.ClientConfig, Rules: v.Rules, FailurePolicy: v.FailurePolicy, MatchPolicy: v.MatchPolicy,
			NamespaceSelector: v.NamespaceSelector, SideEffects: v.SideEffects, TimeoutSeconds: v.TimeoutSeconds,
			AdmissionReviewVersions: v.AdmissionReviewVersions, MatchConditions: v.MatchConditions,
			ReinvocationPolicy: new(admissionv1.IfNeededReinvocationPolicy),
		})
	}
	f.Validating.Value = &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: registration.ValidateName}}
	for _, w := range registration.Validating() {
		f.Validating.Value.Webhooks = append(f.Validating.Value.Webhooks, webhook(w, bundle))
	}
}

func webhook(w registration.Webhook, bundle []byte) admissionv1.ValidatingWebhook {
	return admissionv1.ValidatingWebhook{
		Name:         w.Name,
		ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Path: new(w.Path)}, CABundle: bundle},
		Rules: []admissionv1.RuleWithOperations{{
			Operations: []admissionv1.OperationType{admissionv1.Create, admissionv1.Update},
			Rule: admissionv1.Rule{
				APIGroups: []string{w.Group}, APIVersions: []string{"v1"}, Resources: []string{w.Resource}, Scope: new(admissionv1.NamespacedScope),
			},
		}},
		FailurePolicy: new(w.FailurePolicy), MatchPolicy: new(admissionv1.Equivalent), SideEffects: new(admissionv1.SideEffectClassNone),
		NamespaceSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
			Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: []string{"inshore-system"},
		}}},
		TimeoutSeconds: new(w.TimeoutSeconds), AdmissionReviewVersions: []string{"v1"},
		MatchConditions: []admissionv1.MatchCondition{{Name: "opted-in", Expression: registration.MatchCondition}},
	}
}

func bundle(t *testing.T, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// many are n facts about n nodes.
func many(n int, name func(string)) {
	for i := range n {
		name(fmt.Sprintf("n%02d", i))
	}
}

// everyone is a policy that audits, which nothing is wrong with.
func everyone() *v1alpha1.NodeLocalPolicy {
	return &v1alpha1.NodeLocalPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "everyone", Generation: 2},
		Spec: v1alpha1.NodeLocalPolicySpec{
			Enforcement: v1alpha1.EnforcementAudit, Services: &v1alpha1.ServiceDefaults{NodeLocal: v1alpha1.NodeLocalRequired},
		},
		Status: v1alpha1.NodeLocalPolicyStatus{ObservedGeneration: 2, Matched: 4, Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue},
			{Type: v1alpha1.ConditionProgressing, Status: metav1.ConditionFalse, Reason: "NotEnforced"},
		}},
	}
}

// crd has the fields of the Go types.
func crd() *CRD {
	properties := func(typ reflect.Type) Schema {
		s := Schema{Properties: map[string]Schema{}}
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			s.Properties[name] = Schema{}
		}
		return s
	}
	c := &CRD{}
	c.Spec.Versions = append(c.Spec.Versions, struct {
		Name   string `json:"name"`
		Served bool   `json:"served"`
		Schema struct {
			OpenAPIV3Schema Schema `json:"openAPIV3Schema"`
		} `json:"schema"`
	}{Name: "v1alpha1", Served: true})
	c.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties = map[string]Schema{
		"spec": properties(reflect.TypeFor[v1alpha1.NodeLocalPolicySpec]()), "status": properties(reflect.TypeFor[v1alpha1.NodeLocalPolicyStatus]()),
	}
	return c
}
