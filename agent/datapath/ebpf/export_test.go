package ebpf

import (
	"fmt"
	"net/netip"
)

// AddrPortOf is what a socket address says.
var AddrPortOf = addrPortOf

// BackendOf asks the map of the way back where a connected socket was led.
func BackendOf(d *Datapath, fd int) (netip.AddrPort, error) {
	var peer inshorePeer
	if err := d.kernel.Peers.Lookup(int32(fd), &peer); err != nil {
		return netip.AddrPort{}, fmt.Errorf("asking where a socket was led: %w", err)
	}
	return netip.AddrPortFrom(decodeAddr16(peer.Flow.Backend).Unmap(), host16(peer.Flow.BackendPort)), nil
}

// OpenCounts are the counts of open connections by backend.
func OpenCounts(d *Datapath) (map[netip.AddrPort]uint64, error) {
	counts := map[netip.AddrPort]uint64{}
	err := each(d.kernel.Opens, func(flow *inshoreFlow, open *inshoreOpen) {
		counts[netip.AddrPortFrom(decodeAddr16(flow.Backend).Unmap(), host16(flow.BackendPort))] += open.Count
	})
	return counts, err
}
