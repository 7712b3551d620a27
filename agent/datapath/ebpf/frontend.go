package ebpf

import (
	"encoding/binary"
	"net/netip"

	"github.com/inshore-dev/inshore/agent/routes"
)

// carried reports whether the hooks can carry a frontend out. SCTP has no connect
// hook (its protocol has no pre_connect): it is left to the cluster's proxy.
func carried(f routes.Frontend) bool {
	return f.Protocol == routes.TCP || f.Protocol == routes.UDP
}

func encode4(f routes.Frontend) inshoreFrontend4 {
	addr := f.Addr.As4()
	return inshoreFrontend4{Addr: network32(addr[:]), Port: network16(f.Port), Protocol: uint8(f.Protocol)}
}

func (k inshoreFrontend4) decode() routes.Frontend {
	return routes.Frontend{Addr: decodeAddr4(k.Addr), Port: host16(k.Port), Protocol: routes.Protocol(k.Protocol)}
}

func encode6(f routes.Frontend) inshoreFrontend6 {
	return inshoreFrontend6{Addr: encodeAddr16(f.Addr), Port: network16(f.Port), Protocol: uint8(f.Protocol)}
}

func (k inshoreFrontend6) decode() routes.Frontend {
	return routes.Frontend{Addr: decodeAddr16(k.Addr), Port: host16(k.Port), Protocol: routes.Protocol(k.Protocol)}
}

func decodeAddr4(addr uint32) netip.Addr {
	return netip.AddrFrom4([4]byte(binary.NativeEndian.AppendUint32(nil, addr)))
}

// encodeAddr16 is v4-mapped for IPv4.
func encodeAddr16(addr netip.Addr) (words [4]uint32) {
	octets := addr.As16()
	for i := range words {
		words[i] = network32(octets[4*i:])
	}
	return words
}

func decodeAddr16(words [4]uint32) netip.Addr {
	var octets []byte
	for _, word := range words {
		octets = binary.NativeEndian.AppendUint32(octets, word)
	}
	return netip.AddrFrom16([16]byte(octets))
}

// flowTo is what a socket remembers that asked for a frontend and got a backend.
func flowTo(frontend routes.Frontend, backend netip.AddrPort) inshoreFlow {
	return inshoreFlow{
		Frontend: encodeAddr16(frontend.Addr), FrontendPort: network16(frontend.Port),
		Backend: encodeAddr16(backend.Addr()), BackendPort: network16(backend.Port()),
		Protocol: uint8(frontend.Protocol),
	}
}
