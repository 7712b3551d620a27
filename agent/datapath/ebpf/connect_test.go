package ebpf_test

import (
	"errors"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/routes"
	"github.com/inshore-dev/inshore/api/v1alpha1"
)

func TestAConnectionLandsOnTheLocalBackend(t *testing.T) {
	backend4, backend6 := server(t, "127.0.0.1:0", "four"), server(t, "[::1]:0", "six")
	routing(t, routes.Table{
		tcp("10.96.0.1:80"):    local(backend4),
		tcp("[fd00:96::1]:80"): local(backend6),
	})
	tests := map[string]struct{ dial, name, peer string }{
		"IPv4":                       {"10.96.0.1:80", "four", "10.96.0.1:80"},
		"IPv6":                       {"[fd00:96::1]:80", "six", "[fd00:96::1]:80"},
		"a backend dialled directly": {backend4.String(), "four", backend4.String()},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			name, peer, err := ask(test.dial)
			if err != nil {
				t.Fatal(err)
			}
			if name != test.name || peer != netip.MustParseAddrPort(test.peer) {
				t.Errorf("%s answered and the peer is %v, want %s and %s", name, peer, test.name, test.peer)
			}
		})
	}
}

func TestAConnectionWithoutABackendIsRefused(t *testing.T) {
	routing(t, routes.Table{
		tcp("10.96.0.1:80"): local(),
		tcp("10.96.0.2:80"): {Behaviour: v1alpha1.NoLocalEndpointFallback},
	})
	for _, to := range []string{"10.96.0.1:80", "10.96.0.2:80"} {
		if _, _, err := ask(to); !errors.Is(err, unix.ECONNREFUSED) {
			t.Errorf("dialling %s: %v, want connection refused", to, err)
		}
	}
}
