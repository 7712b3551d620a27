package doctor

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/webhook/registration"
)

const (
	remedyInstall = "apply an overlay of manifests/"
	remedyReapply = "apply the overlay of manifests/ again"
)

func judgeWebhook(f *Facts) Group {
	g := Group{Name: "Webhook"}
	judgeDeployment(&g, f)
	judgeConfigurations(&g, f)
	return g
}

func judgeDeployment(g *Group, f *Facts) {
	const name = "replicas"
	d := f.Deployment.Value
	switch {
	case f.Deployment.Err != nil:
		g.unknown(name, f.Deployment.Err)
		return
	case d == nil:
		g.add(name, Problem, remedyInstall+", or say --namespace", "there is no Deployment inshore-webhook in namespace %s", f.Namespace)
		return
	}
	wanted := int32(1)
	if d.Spec.Replicas != nil {
		wanted = *d.Spec.Replicas
	}
	detail := fmt.Sprintf("%d of %d ready, %s", d.Status.ReadyReplicas, wanted, imageTag(d.Spec.Template.Spec.Containers))
	why := fmt.Sprintf("kubectl -n %s describe pod -l app.kubernetes.io/name=inshore-webhook says what /readyz is missing", f.Namespace)
	switch {
	case wanted == 0:
		g.add(name, Problem, "scale it up: opted-in objects are refused until then", "scaled to none")
	case d.Status.ReadyReplicas == 0:
		g.add(name, Problem, why, "%s: opted-in objects cannot be changed", detail)
	case d.Status.ReadyReplicas < wanted, d.Status.UpdatedReplicas < wanted, d.Status.ObservedGeneration < d.Generation:
		g.add(name, Problem, why, "%s, %d updated", detail, d.Status.UpdatedReplicas)
	default:
		g.add(name, OK, "", "%s", detail)
	}
}

// imageTag is the version of the first container's image.
func imageTag(containers []corev1.Container) string {
	if len(containers) == 0 {
		return "no image"
	}
	image := containers[0].Image
	if _, digest, found := strings.Cut(image, "@"); found {
		return digest
	}
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[colon+1:]
	}
	return "latest"
}

func judgeConfigurations(g *Group, f *Facts) {
	type configuration struct {
		name    string
		err     error
		there   bool
		wrong   field.ErrorList
		bundles [][]byte
	}
	mutate := configuration{name: registration.MutateName, err: f.Mutating.Err, there: f.Mutating.Value != nil}
	if mutate.there {
		mutate.wrong = registration.CheckMutating(f.Mutating.Value, f.Namespace)
		for i := range f.Mutating.Value.Webhooks {
			mutate.bundles = append(mutate.bundles, f.Mutating.Value.Webhooks[i].ClientConfig.CABundle)
		}
	}
	validate := configuration{name: registration.ValidateName, err: f.Validating.Err, there: f.Validating.Value != nil}
	if validate.there {
		validate.wrong = registration.CheckValidating(f.Validating.Value, f.Namespace)
		for i := range f.Validating.Value.Webhooks {
			validate.bundles = append(validate.bundles, f.Validating.Value.Webhooks[i].ClientConfig.CABundle)
		}
	}
	for _, c := range []configuration{mutate, validate} {
		if c.err != nil {
			g.unknown(c.name, c.err)
			continue
		}
		if !c.there {
			g.add(c.name, Problem, remedyReapply, "is missing: the API server never asks the webhook")
			continue
		}
		if len(c.wrong) > 0 {
			g.add(c.name, Problem, remedyReapply, "does not mean what it should: %v", c.wrong.ToAggregate())
			continue
		}
		if err := usable(c.bundles, f.Now); err != nil {
			g.add(c.name, Problem, "embedded certificates: look at the webhook's log; cert-manager: look at cainjector's", "%v", err)
			continue
		}
		g.add(c.name, OK, "", "as it should be; caBundle present")
	}
}

// usable says what is wrong with the caBundles by themselves. That the chain
// served verifies against them is what the canaries show.
func usable(bundles [][]byte, now time.Time) error {
	for _, bundle := range bundles {
		if len(bundle) == 0 {
			return errors.New("a caBundle is empty: the API server trusts no certificate of ours")
		}
		if !slices.ContainsFunc(certificates(bundle), func(c *x509.Certificate) bool { return now.Before(c.NotAfter) }) {
			return errors.New("a caBundle holds no certificate that is still valid")
		}
	}
	return nil
}

func certificates(bundle []byte) []*x509.Certificate {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, bundle = pem.Decode(bundle); block == nil {
			return all
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			all = append(all, c)
		}
	}
}

var errNotTried = errors.New("nothing was sent")

// judgeAdmission is about what the API server does, whatever the objects above
// look like: it has caches, and others' webhooks.
func judgeAdmission(f *Facts) Group {
	g := Group{Name: "Admission, tried with dry runs"}
	const service, daemonSet, refusal = "a Service opts in", "a DaemonSet opts in", "a mistake is refused"
	const down = "see Webhook above; if all is well there, the API server's way to the Service inshore-webhook is blocked (network policy, firewall to port 9443)"
	switch s := f.Canaries.Service; {
	case s.Err != nil:
		g.failed(service, s.Err, down)
	case s.Value == nil:
		g.unknown(service, errNotTried)
	case s.Value.Spec.InternalTrafficPolicy == nil || *s.Value.Spec.InternalTrafficPolicy != corev1.ServiceInternalTrafficPolicyLocal:
		g.add(service, Problem, down, "it came back unchanged: the webhook was not called (failurePolicy Ignore)")
	default:
		g.add(service, OK, "", "it came back with internalTrafficPolicy: Local")
	}
	switch d := f.Canaries.DaemonSet; {
	case d.Err != nil:
		g.failed(daemonSet, d.Err, down)
	case d.Value == nil:
		g.unknown(daemonSet, errNotTried)
	case !surges(d.Value):
		g.add(daemonSet, Problem, down, "it came back unchanged: the webhook was not called (failurePolicy Ignore)")
	case f.DaemonSet.Err == nil && gated(d.Value) && f.DaemonSet.Value == nil:
		g.add(daemonSet, Problem, "install the agent, or take --readiness-gate=agent from the webhook",
			"it got the readiness gate %s, which nothing opens: no agent is installed", v1alpha1.ReadinessGateRouted)
	case f.DaemonSet.Value != nil && !gated(d.Value):
		g.add(daemonSet, Problem, "give the webhook --readiness-gate=agent, as components/agent does",
			"it got no readiness gate, although the agent is installed: rollouts lose requests")
	case gated(d.Value):
		g.add(daemonSet, OK, "", "it came back with a surge and the readiness gate")
	default:
		g.add(daemonSet, OK, "", "it came back with a surge; no gate, as no agent is installed")
	}
	switch err := f.Canaries.Refused; {
	case err == nil:
		g.add(refusal, Problem, down, "a misspelt annotation was admitted: validation is not called, or fails open")
	case strings.Contains(err.Error(), "denied the request") && strings.Contains(err.Error(), registration.WebhookValidateServices):
		g.add(refusal, OK, "", "a misspelt annotation is refused by %s", registration.WebhookValidateServices)
	default:
		g.failed(refusal, err, down)
	}
	return g
}

const remedyCaller = "the webhook refuses the API server's client certificate, and its log says why: see --client-ca-file and --client-name, " +
	"and the kubeConfigFile of the API server's AdmissionConfiguration"

// failed appends a canary that got no answer: from our webhook, or from
// whatever else stands between.
func (g *Group) failed(name string, err error, remedy string) {
	if strings.Contains(err.Error(), "failed calling webhook") && strings.Contains(err.Error(), "inshore.dev") {
		// A TLS alert that the webhook sent: it judges its callers.
		if strings.Contains(err.Error(), "remote error: tls: ") {
			remedy = remedyCaller
		}
		g.add(name, Problem, remedy, "%v", err)
		return
	}
	g.unknown(name, err)
}

func surges(d *appsv1.DaemonSet) bool {
	rolling := d.Spec.UpdateStrategy.RollingUpdate
	return rolling != nil && rolling.MaxSurge != nil && rolling.MaxSurge.String() != "0"
}

func gated(d *appsv1.DaemonSet) bool {
	return slices.ContainsFunc(d.Spec.Template.Spec.ReadinessGates, func(g corev1.PodReadinessGate) bool {
		return g.ConditionType == v1alpha1.ReadinessGateRouted
	})
}
