package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// mounted is a directory as a kubelet mounts a Secret: the files are links into
// ..data, which is itself a link that is swapped in one step.
type mounted struct {
	t         *testing.T
	directory string
	version   int
}

func (m *mounted) write(certificate *tls.Certificate) {
	m.t.Helper()
	m.version++
	version := fmt.Sprintf("..version-%d", m.version)
	der, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	if err != nil {
		m.t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		CertFile: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		KeyFile:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	} {
		m.must(os.MkdirAll(filepath.Join(m.directory, version), 0o700))
		m.must(os.WriteFile(filepath.Join(m.directory, version, name), content, 0o600))
		if m.version == 1 {
			m.must(os.Symlink(filepath.Join("..data", name), filepath.Join(m.directory, name)))
		}
	}
	m.must(os.Symlink(version, filepath.Join(m.directory, "..data_tmp")))
	m.must(os.Rename(filepath.Join(m.directory, "..data_tmp"), filepath.Join(m.directory, "..data")))
	if m.version > 1 {
		m.must(os.RemoveAll(filepath.Join(m.directory, fmt.Sprintf("..version-%d", m.version-1))))
	}
}

func (m *mounted) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func TestNoCallFailsWhileAMountedSecretIsSwapped(t *testing.T) {
	ca, err := newAuthority(time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	issue := func() *tls.Certificate {
		certificate, err := ca.sign(time.Now(), time.Hour, []string{serverName})
		if err != nil {
			t.Fatal(err)
		}
		return certificate
	}
	mount := &mounted{t: t, directory: t.TempDir()}
	mount.write(issue())
	files, err := NewFiles(mount.directory)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { _ = files.Start(ctx) })

	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	var calls atomic.Int64
	for range 2 {
		running.Go(func() {
			for ctx.Err() == nil {
				if err := handshake(files, roots); err != nil {
					t.Errorf("call %d: %v", calls.Load(), err)
					return
				}
				calls.Add(1)
			}
		})
	}
	for range 3 {
		next := issue()
		mount.write(next)
		for {
			chain, err := files.Chain()
			if err != nil {
				t.Fatal(err)
			}
			if chain[0].Equal(next.Leaf) {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	for enough := calls.Load() + 20; calls.Load() < enough && !t.Failed(); {
		time.Sleep(time.Millisecond)
	}
}

// handshake is one call, with a certificate that roots must vouch for.
func handshake(files *Files, roots *x509.CertPool) error {
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	server := tls.Server(ours, &tls.Config{GetCertificate: files.GetCertificate, MinVersion: tls.VersionTLS13})
	go func() { _ = server.Handshake() }()
	return tls.Client(theirs, &tls.Config{RootCAs: roots, ServerName: serverName}).Handshake()
}

func TestMissingFilesAreNamed(t *testing.T) {
	directory := t.TempDir()
	_, err := NewFiles(directory)
	if err == nil || !strings.Contains(err.Error(), "--cert-dir "+directory) {
		t.Errorf("got %v, want an error that names the directory", err)
	}
}
