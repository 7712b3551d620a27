package nftables

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/agent/routes"
)

// many is a table of a given size, with a local pod for each frontend.
func many(size int) routes.Table {
	table := make(routes.Table, size)
	for i := range size {
		table[numbered(i)] = routes.Route{Local: []netip.AddrPort{pod(i)}}
	}
	return table
}

func numbered(i int) routes.Frontend {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 10<<24|96<<16+uint32(i))
	return routes.Frontend{Addr: netip.AddrFrom4(a), Port: 80, Protocol: routes.TCP}
}

func pod(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 244, 1, byte(i%250 + 2)}), 8080)
}

// BenchmarkUpdate is one frontend that changes its backend in a table of many.
// The arm nft is the same by the nft program, which is what knftables runs.
func BenchmarkUpdate(b *testing.B) {
	for _, size := range []int{10, 1_000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("%d/netlink", size), func(b *testing.B) {
			d := open(b, &node{space: newSpace(b, "node")}, Config{})
			replace(b, d, many(size))
			i := 0
			for b.Loop() {
				i++
				r := routes.Route{Local: []netip.AddrPort{pod(i)}}
				if err := d.Update(context.Background(), []routes.Change{{Frontend: numbered(i % size), Route: &r}}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/nft", size), func(b *testing.B) {
			n := &node{space: newSpace(b, "node")}
			d := open(b, n, Config{})
			replace(b, d, many(size))
			key := numbered(0).Addr.String() + " . tcp . 80 . 0x00000001"
			n.in(func() {
				for b.Loop() {
					command := exec.Command("nft", "-f", "-")
					command.Stdin = strings.NewReader(fmt.Sprintf("delete element inet inshore decisions4 { %s }\nadd element inet inshore decisions4 { %s : 10.244.1.9 . 8080 }\n", key, key))
					if out, err := command.CombinedOutput(); err != nil {
						b.Errorf("nft: %v\n%s", err, out)
						return
					}
				}
			})
		})
	}
}

// BenchmarkReplace is an agent's start: on an empty node, and on one that has the
// table already.
func BenchmarkReplace(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000} {
		table := many(size)
		b.Run(fmt.Sprintf("%d/first", size), func(b *testing.B) {
			d := open(b, &node{space: newSpace(b, "node")}, Config{})
			for b.Loop() {
				b.StopTimer()
				if err := d.Remove(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				replace(b, d, table)
			}
		})
		b.Run(fmt.Sprintf("%d/again", size), func(b *testing.B) {
			d := open(b, &node{space: newSpace(b, "node")}, Config{})
			replace(b, d, table)
			for b.Loop() {
				replace(b, d, table)
			}
		})
	}
}

// BenchmarkCounters is a scrape of the totals.
func BenchmarkCounters(b *testing.B) {
	for _, size := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			d := open(b, &node{space: newSpace(b, "node")}, Config{})
			replace(b, d, many(size))
			for b.Loop() {
				if totals, err := d.Counters(); err != nil || len(totals) != size {
					b.Fatalf("%d totals, %v; want %d", len(totals), err, size)
				}
			}
		})
	}
}
