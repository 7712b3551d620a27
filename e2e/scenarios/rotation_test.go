package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// renewByCertManager has cert-manager issue the serving certificate anew, and
// then the CA too, while admission calls flow.
func renewByCertManager(s story) {
	enforceEveryone(s)
	flow := startStream(s)
	defer flow.end(s)
	flow.more(s, 50)
	for _, certificate := range s.certificates() {
		before := s.revision(certificate)
		// What `cmctl renew` does: the Issuing condition asks for a new one.
		s.kubectl("", "-n", stage.Namespace, "patch", certificate, "--subresource=status", "--type=merge", "-p",
			`{"status":{"conditions":[{"type":"Issuing","status":"True","reason":"ManuallyTriggered","message":"by the test","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`)
		s.wait(certificate+" to be issued again", func() (bool, string) {
			now := s.revision(certificate)
			return now != before, "revision " + now
		})
		flow.more(s, 200)
	}
	// The kubelets bring the new Secret to the pods within a minute or so.
	for _, pod := range s.webhookPods() {
		s.wait(pod+" to serve the renewed certificate", func() (bool, string) {
			served := time.Unix(int64(s.expiry(pod, "serving")), 0).UTC().Format(time.RFC3339)
			issued := s.kubectl("", "-n", stage.Namespace, "get", "certificates.cert-manager.io/inshore-webhook", "-o", "jsonpath={.status.notAfter}")
			return served == issued, "served until " + served + ", issued until " + issued
		})
	}
	flow.more(s, 100)
	sameTrust(s)
}

// rotateEmbedded shortens the lives of the embedded CA and leaves, has somebody
// delete the Secret, and waits until every replica has served by two further
// CAs: one that replaces what was deleted, one that came with time.
func rotateEmbedded(s story) {
	enforceEveryone(s)
	flow := startStream(s)
	defer flow.end(s)
	s.kubectl("", "-n", stage.Namespace, "set", "env", "deployment/inshore-webhook",
		"INSHORE_CA_DURATION=60s", "INSHORE_CERT_DURATION=15s", "INSHORE_CA_PROPAGATION=3s", "INSHORE_CERT_INTERVAL=500ms")
	s.kubectl("", "-n", stage.Namespace, "rollout", "status", "deployment/inshore-webhook", "--timeout=180s")
	s.wait("the replicas of before to be gone", func() (bool, string) {
		pods := s.webhookPods()
		return len(pods) == 2, strings.Join(pods, " ")
	})
	s.kubectl("", "-n", stage.Namespace, "delete", "secret/inshore-webhook-ca")
	before := map[string]float64{}
	for _, pod := range s.webhookPods() {
		before[pod] = s.expiry(pod, "ca")
	}
	for _, event := range []string{"the Secret was deleted", "its time was up"} {
		for pod, expiry := range before {
			s.wait(pod+" to serve by the next CA after "+event, func() (bool, string) {
				before[pod] = s.expiry(pod, "ca")
				return before[pod] != expiry, fmt.Sprintf("the CA still expires at %.0f", expiry)
			})
		}
		flow.more(s, 200)
	}
	sameTrust(s)
}
