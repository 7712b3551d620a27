package ebpf_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/inshore-dev/inshore/agent/datapath/ebpf"
	"github.com/inshore-dev/inshore/agent/routes"
)

// many is a table of n frontends that lead to a backend.
func many(n int, backend netip.AddrPort) routes.Table {
	table := make(routes.Table, n)
	for i := range n {
		addr := netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, 10<<24|96<<16|uint32(i))))
		table[routes.Frontend{Addr: addr, Port: 80, Protocol: routes.TCP}] = local(backend)
	}
	return table
}

func BenchmarkReplace100k(b *testing.B) {
	d := open(b, ebpf.Config{})
	table := many(100_000, netip.MustParseAddrPort("10.244.0.1:8080"))
	for b.Loop() {
		if err := d.Replace(context.Background(), table); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpdate is one change, from call to effect, in a table of 100k.
func BenchmarkUpdate(b *testing.B) {
	table := many(100_000, netip.MustParseAddrPort("10.244.0.1:8080"))
	d := routing(b, table)
	route := local(netip.MustParseAddrPort("10.244.0.2:8080"))
	changes := []routes.Change{{Frontend: tcp("10.96.0.1:80"), Route: &route}}
	for b.Loop() {
		if err := d.Update(context.Background(), changes); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnect is a TCP connect and close through a frontend, beside the same to
// the backend's own address: turn by turn, so that both see the same machine. The
// ratio is of the medians.
func BenchmarkConnect(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	backend := listener.Addr().(*net.TCPAddr).AddrPort()
	for _, n := range []int{10, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("%d frontends", n), func(b *testing.B) {
			routing(b, many(n, backend))
			through := sockaddr(unix.AF_INET, netip.MustParseAddrPort("10.96.0.1:80"))
			direct := sockaddr(unix.AF_INET, backend)
			var times [2][]time.Duration
			for b.Loop() {
				times[0] = append(times[0], connectOnce(b, direct))
				times[1] = append(times[1], connectOnce(b, through))
			}
			for arm := range times {
				slices.Sort(times[arm])
			}
			middle := len(times[0]) / 2
			b.ReportMetric(float64(times[0][middle].Nanoseconds()), "ns-direct")
			b.ReportMetric(float64(times[1][middle].Nanoseconds()), "ns-through")
			b.ReportMetric(float64(times[1][middle])/float64(times[0][middle]), "ratio")
		})
	}
}

// connectOnce times the connect alone, and resets the connection so that ports do
// not run out.
func connectOnce(b *testing.B, to unix.Sockaddr) time.Duration {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := unix.Connect(fd, to); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}
