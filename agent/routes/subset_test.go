package routes

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func backendsUpTo(n int) []netip.AddrPort {
	all := make([]netip.AddrPort, n)
	for i := range all {
		all[i] = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 244, byte(i >> 8), byte(i)}), 8080)
	}
	return all
}

func subsetOf(node string, all []netip.AddrPort, limit int) []netip.AddrPort {
	s := newSubset(node, limit)
	for _, backend := range all {
		s.add(backend)
	}
	return s.sorted()
}

func TestSubsetIsTheSameInEveryProcess(t *testing.T) {
	got := fmt.Sprint(subsetOf("node-1", backendsUpTo(100), 3))
	if want := "[10.244.0.51:8080 10.244.0.57:8080 10.244.0.59:8080]"; got != want {
		t.Errorf("got %s, want %s: nodes of two versions would disagree with themselves after an upgrade", got, want)
	}
}

func TestSubsetWhateverTheOrderAndRepetitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.Permutation(backendsUpTo(30)).Draw(t, "order")
		limit := rapid.IntRange(1, 40).Draw(t, "limit")
		want := subsetOf("a", backendsUpTo(30), limit)
		got := subsetOf("a", append(slices.Clone(all), all[:rapid.IntRange(0, 30).Draw(t, "again")]...), limit)
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if len(got) != min(limit, 30) || !slices.IsSortedFunc(got, netip.AddrPort.Compare) {
			t.Errorf("of 30, at most %d, sorted: got %v", limit, got)
		}
	})
}

// A deployment that scales or rolls must not move connections that could stay.
func TestOneEndpointLessMovesAtMostOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := backendsUpTo(rapid.IntRange(9, 60).Draw(t, "endpoints"))
		node := rapid.StringMatching("[a-z0-9]{1,12}").Draw(t, "node")
		gone := rapid.IntRange(0, len(all)-1).Draw(t, "gone")
		before := subsetOf(node, slices.Clone(all), MaxFallback)
		lost := 0
		after := subsetOf(node, slices.Delete(slices.Clone(all), gone, gone+1), MaxFallback)
		for _, backend := range before {
			if !slices.Contains(after, backend) {
				lost++
			}
		}
		if lost > 1 || lost == 1 && !slices.Contains(before, all[gone]) {
			t.Errorf("without %v:\n%v became\n%v", all[gone], before, after)
		}
	})
}

// If all nodes fell back to the same eight pods, those would carry the cluster.
func TestNodesShareOutTheEndpoints(t *testing.T) {
	const nodes, endpoints = 1000, 100
	load := map[netip.AddrPort]int{}
	for i := range nodes {
		for _, backend := range subsetOf(fmt.Sprintf("node-%d", i), backendsUpTo(endpoints), MaxFallback) {
			load[backend]++
		}
	}
	const fair = nodes * MaxFallback / endpoints
	for _, backend := range backendsUpTo(endpoints) {
		if n := load[backend]; n < fair/2 || n > fair*2 {
			t.Errorf("%v is used by %d nodes, a fair share is %d", backend, n, fair)
		}
	}
}
