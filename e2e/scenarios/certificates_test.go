package scenarios

import (
	"strings"

	"github.com/inshore-dev/inshore/e2e/stage"
)

// certificates are the cert-manager Certificates of the installation, the
// serving one last: a CA is renewed before the leaf that it signs.
func (s story) certificates() []string {
	s.Helper()
	var authorities, leaves []string
	for _, line := range strings.Split(s.kubectl("", "-n", stage.Namespace, "get", "certificates.cert-manager.io",
		"-o", `jsonpath={range .items[*]}{.metadata.name}={.spec.isCA}{"\n"}{end}`), "\n") {
		name, isCA, found := strings.Cut(line, "=")
		switch {
		case !found:
		case isCA == "true":
			authorities = append(authorities, "certificates.cert-manager.io/"+name)
		default:
			leaves = append(leaves, "certificates.cert-manager.io/"+name)
		}
	}
	if len(authorities) == 0 || len(leaves) == 0 {
		s.Fatalf("want a CA and a serving Certificate, found %v and %v", authorities, leaves)
	}
	return append(authorities, leaves...)
}

func (s story) revision(certificate string) string {
	s.Helper()
	return s.kubectl("", "-n", stage.Namespace, "get", certificate, "-o", "jsonpath={.status.revision}")
}
