package manifests_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"slices"
	"testing"
	"time"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
)

const servedName = "inshore-webhook.inshore-system.svc"

// issuance plays cert-manager for one Certificate: it issues at a given time,
// and keeps or replaces the private key as the rotation policy says.
type issuance struct {
	spec certmanager.CertificateSpec
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

// issue renews the certificate. A nil issuer means that it signs itself. keyID
// replaces what Go derives from the key; nil leaves it.
func (i *issuance) issue(t *testing.T, at time.Time, issuer *issuance, keyID []byte) *x509.Certificate {
	t.Helper()
	if i.key == nil || i.spec.PrivateKey.RotationPolicy != certmanager.RotationPolicyNever {
		i.key = newKey(t)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial,
		Subject:               pkix.Name{CommonName: i.spec.CommonName},
		DNSNames:              i.spec.DNSNames,
		NotBefore:             at,
		NotAfter:              at.Add(i.spec.Duration.Duration),
		BasicConstraintsValid: true,
		IsCA:                  i.spec.IsCA,
		SubjectKeyId:          keyID,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	parent, signer := template, crypto.Signer(i.key)
	if i.spec.IsCA {
		template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	} else {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, i.key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if i.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return i.cert
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// apiServerAccepts is the verdict of an API server that holds bundle and is
// served leaf.
func apiServerAccepts(bundle, leaf *x509.Certificate, at time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(bundle)
	_, err := leaf.Verify(x509.VerifyOptions{
		DNSName: servedName, Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return err
}

func certificates(t *testing.T) (ca, leaf certmanager.CertificateSpec) {
	t.Helper()
	objects := render(t, "cert-manager")
	return named[*certmanager.Certificate](t, objects, "inshore-webhook-ca").Spec,
		named[*certmanager.Certificate](t, objects, "inshore-webhook").Spec
}

// Over a renewal of the CA the bundle and the served leaf change at different
// times, in either order. Every pair that can meet must verify.
func TestCARenewal(t *testing.T) {
	caSpec, leafSpec := certificates(t)
	tests := map[string]struct {
		policy   certmanager.PrivateKeyRotationPolicy
		keyID    []byte
		accepted bool
	}{
		"if the CA keeps its key, as the overlay says, every pair verifies": {
			policy: caSpec.PrivateKey.RotationPolicy, accepted: true,
		},
		"if cert-manager was upgraded to a Go that derives key ids otherwise, every pair still verifies": {
			policy: caSpec.PrivateKey.RotationPolicy, keyID: []byte("derived another way."), accepted: true,
		},
		"if the CA took a new key, calls would fail": {
			policy: certmanager.RotationPolicyAlways, accepted: false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			caSpec := *caSpec.DeepCopy()
			caSpec.PrivateKey.RotationPolicy = test.policy
			ca, leaf := &issuance{spec: caSpec}, &issuance{spec: leafSpec}
			start := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
			renewal := start.Add(caSpec.Duration.Duration - caSpec.RenewBefore.Duration)

			oldCA := ca.issue(t, start, nil, nil)
			oldLeaf := leaf.issue(t, renewal.Add(-time.Hour), ca, nil)
			newCA := ca.issue(t, renewal, nil, test.keyID)
			newLeaf := leaf.issue(t, renewal.Add(time.Hour), ca, nil)

			at := renewal.Add(2 * time.Hour)
			for pair, err := range map[string]error{
				"the new bundle, the old leaf": apiServerAccepts(newCA, oldLeaf, at),
				"the old bundle, the new leaf": apiServerAccepts(oldCA, newLeaf, at),
			} {
				if (err == nil) != test.accepted {
					t.Errorf("%s: error %v, want accepted %t", pair, err, test.accepted)
				}
			}
			if err := apiServerAccepts(newCA, newLeaf, at); err != nil {
				t.Errorf("the new pair: %v", err)
			}
		})
	}
}

// cert-manager does not issue a leaf anew because its CA was renewed, and the
// bundle is the CA that the leaf's Secret names. So a CA certificate is in use
// until the last leaf issued beside it is renewed.
func TestTheCAOutlivesItsLeaves(t *testing.T) {
	ca, leaf := certificates(t)
	if ca.RenewBefore.Duration <= leaf.Duration.Duration {
		t.Errorf("the CA is renewed %s before its end, a leaf lives %s", ca.RenewBefore.Duration, leaf.Duration.Duration)
	}
	if leaf.RenewBefore.Duration*4 < leaf.Duration.Duration {
		t.Errorf("a leaf is renewed %s before its end: too late to notice that renewal fails", leaf.RenewBefore.Duration)
	}
}

func TestCertificateSpecs(t *testing.T) {
	ca, leaf := certificates(t)
	if !ca.IsCA || ca.CommonName == "" {
		t.Error("the CA is no CA or has no subject")
	}
	if leaf.IsCA || !slices.Equal(leaf.DNSNames, []string{servedName, servedName + ".cluster.local"}) {
		t.Errorf("the leaf serves %v", leaf.DNSNames)
	}
	if leaf.PrivateKey.RotationPolicy != certmanager.RotationPolicyAlways {
		t.Error("the serving key is never replaced")
	}
	for name, spec := range map[string]certmanager.CertificateSpec{"CA": ca, "leaf": leaf} {
		if spec.PrivateKey.Algorithm != certmanager.ECDSAKeyAlgorithm {
			t.Errorf("the %s's key is %s, want ECDSA", name, spec.PrivateKey.Algorithm)
		}
	}
}

// The chain of names from the CA to the pod: one of them wrong, and nothing
// is issued, mounted or injected, without an error anywhere.
func TestCertificatesMeet(t *testing.T) {
	objects := render(t, "cert-manager")
	ca, leaf := certificates(t)
	issuer := named[*certmanager.Issuer](t, objects, leaf.IssuerRef.Name)
	if issuer.Spec.CA == nil || issuer.Spec.CA.SecretName != ca.SecretName {
		t.Errorf("issuer %s does not sign with secret %s", issuer.Name, ca.SecretName)
	}
	if self := named[*certmanager.Issuer](t, objects, ca.IssuerRef.Name); self.Spec.SelfSigned == nil {
		t.Errorf("issuer %s is not self-signed", self.Name)
	}
	pod := named[*apps.Deployment](t, objects, "inshore-webhook").Spec.Template.Spec
	if len(pod.Volumes) != 1 || pod.Volumes[0].Secret.SecretName != leaf.SecretName {
		t.Fatalf("volumes are %v, want secret %s", pod.Volumes, leaf.SecretName)
	}
	mounts := pod.Containers[0].VolumeMounts
	if len(mounts) != 1 || mounts[0].Name != pod.Volumes[0].Name || mounts[0].MountPath != "/tls" || mounts[0].SubPath != "" {
		t.Errorf("mounts are %v, want /tls without subPath", mounts)
	}
	const annotation, want = "cert-manager.io/inject-ca-from", "inshore-system/inshore-webhook"
	mutate := named[*admission.MutatingWebhookConfiguration](t, objects, "inshore-mutate")
	validate := named[*admission.ValidatingWebhookConfiguration](t, objects, "inshore-validate")
	if mutate.Annotations[annotation] != want || validate.Annotations[annotation] != want {
		t.Errorf("%s is %q and %q, want %q", annotation, mutate.Annotations[annotation], validate.Annotations[annotation], want)
	}
}
