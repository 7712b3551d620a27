package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	clocktesting "k8s.io/utils/clock/testing"
)

// issuer is an authority of callers.
type issuer struct {
	*testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

var noon = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

func newIssuer(t *testing.T, name string) issuer {
	i := issuer{T: t}
	i.certificate, i.key = i.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true})
	i.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
	return i
}

// sign signs the template by the authority; before there is one, by itself.
func (i issuer) sign(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	i.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.Fatal(err)
	}
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = noon.Add(-time.Hour), noon.Add(time.Hour)
	}
	parent, signer := i.certificate, i.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		i.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		i.Fatal(err)
	}
	return certificate, key
}

func (i issuer) caller(name string, usage x509.ExtKeyUsage) *x509.Certificate {
	i.Helper()
	certificate, _ := i.sign(&x509.Certificate{Subject: pkix.Name{CommonName: name}, ExtKeyUsage: []x509.ExtKeyUsage{usage}})
	return certificate
}

func caFile(t *testing.T, text ...[]byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.crt")
	var all []byte
	for _, part := range text {
		all = append(all, part...)
	}
	if err := os.WriteFile(name, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestWhoMayCall(t *testing.T) {
	ours, former, foreign := newIssuer(t, "ours"), newIssuer(t, "former"), newIssuer(t, "foreign")
	between, key := ours.sign(&x509.Certificate{Subject: pkix.Name{CommonName: "between"}, IsCA: true})
	below := issuer{T: t, certificate: between, key: key}.caller("kube-apiserver", x509.ExtKeyUsageClientAuth)
	expired, _ := ours.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "kube-apiserver"}, NotBefore: noon.Add(-2 * time.Hour), NotAfter: noon.Add(-time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	for name, test := range map[string]struct {
		names []string
		shown []*x509.Certificate
		// says is in the error; empty for none.
		says string
	}{
		"if any name of ours may, one may":               {nil, []*x509.Certificate{ours.caller("somebody", x509.ExtKeyUsageClientAuth)}, ""},
		"if an authority is on its way out, its own may": {nil, []*x509.Certificate{former.caller("somebody", x509.ExtKeyUsageClientAuth)}, ""},
		"if the name is one of several, it may":          {[]string{"front-proxy", "kube-apiserver"}, []*x509.Certificate{ours.caller("kube-apiserver", x509.ExtKeyUsageClientAuth)}, ""},
		"if it brings what is between, it may":           {[]string{"kube-apiserver"}, []*x509.Certificate{below, between}, ""},
		"if it does not, it may not":                     {nil, []*x509.Certificate{below}, `issued by "between"`},
		"if the name is another, it may not":             {[]string{"kube-apiserver"}, []*x509.Certificate{ours.caller("kubelet", x509.ExtKeyUsageClientAuth)}, `is for "kubelet", --client-name allows ["kube-apiserver"]`},
		"if somebody else issued it, it may not":         {nil, []*x509.Certificate{foreign.caller("kube-apiserver", x509.ExtKeyUsageClientAuth)}, `issued by "foreign", is not one that --client-ca-file`},
		"if it is a server's, it may not":                {nil, []*x509.Certificate{ours.caller("kube-apiserver", x509.ExtKeyUsageServerAuth)}, "incompatible key usage"},
		"if its time is over, it may not":                {nil, []*x509.Certificate{expired}, "has expired"},
		"if it shows none, it may not":                   {nil, nil, "kubeConfigFile of its AdmissionConfiguration, for the user inshore-webhook.inshore-system.svc"},
	} {
		t.Run(name, func(t *testing.T) {
			callers, err := NewCallers(CallersConfig{
				CAFile: caFile(t, former.pem, ours.pem), Names: test.names, Clock: clocktesting.NewFakeClock(noon),
			})
			if err != nil {
				t.Fatal(err)
			}
			err = callers.Verify(tls.ConnectionState{ServerName: "inshore-webhook.inshore-system.svc", PeerCertificates: test.shown})
			if test.says == "" && err != nil || test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)) {
				t.Errorf("the error is %v, want %q", err, test.says)
			}
		})
	}
}

func TestAuthoritiesThatCannotBeUsedAreAnErrorAtTheStart(t *testing.T) {
	ours := newIssuer(t, "ours")
	leaf := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ours.caller("leaf", x509.ExtKeyUsageClientAuth).Raw})
	for name, test := range map[string]struct {
		file string
		says string
	}{
		"if there is no file":             {filepath.Join(t.TempDir(), "none"), "no such file"},
		"if it is empty":                  {caFile(t), "has no certificate"},
		"if it has a key beside":          {caFile(t, ours.pem, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}})), "has a PRIVATE KEY"},
		"if one of two is no authority":   {caFile(t, ours.pem, leaf), `for "leaf", which is no authority`},
		"if one of two is no certificate": {caFile(t, ours.pem, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}})), "certificate 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewCallers(CallersConfig{CAFile: test.file, Clock: clocktesting.NewFakeClock(noon)})
			if err == nil || !strings.Contains(err.Error(), "--client-ca-file") || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v, want the flag and %q", err, test.says)
			}
		})
	}
}

func TestChangedAuthoritiesAreFollowed(t *testing.T) {
	before, after := newIssuer(t, "before"), newIssuer(t, "after")
	clock, said := clocktesting.NewFakeClock(noon), make(chan string, 10)
	file := caFile(t, before.pem)
	callers, err := NewCallers(CallersConfig{
		CAFile: file, Clock: clock, Log: funcr.New(func(_, args string) { said <- args }, funcr.Options{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- callers.Start(ctx) }()
	look := func(text []byte) string {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		for !clock.HasWaiters() {
			time.Sleep(time.Millisecond)
		}
		clock.Step(callersInterval)
		return <-said
	}
	calls := func(i issuer) error {
		return callers.Verify(tls.ConnectionState{PeerCertificates: []*x509.Certificate{i.caller("a", x509.ExtKeyUsageClientAuth)}})
	}
	if log := look([]byte("nonsense")); !strings.Contains(log, "stay as they were") || calls(before) != nil {
		t.Errorf("after nonsense it logs %s and answers those of before with %v", log, calls(before))
	}
	if log := look(after.pem); !strings.Contains(log, "have changed") || calls(after) != nil || calls(before) == nil {
		t.Errorf("after the change it logs %s; those of before: %v, of after: %v", log, calls(before), calls(after))
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
