package main

import (
	"math/bits"
	"time"
)

// latencies counts durations in buckets that are never wider than an eighth of what they hold, so that a million
// requests take no more memory than one.
type latencies struct {
	buckets [64 * 8]int
	count   int
	max     time.Duration
}

// bucket is the place of a duration: its highest bit, and the three bits after that.
func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < 8 {
		return int(n)
	}
	high := bits.Len64(n) - 1
	return (high-2)*8 + int(n>>(high-3))&7
}

// bound is the longest duration in a bucket.
func bound(bucket int) time.Duration {
	if bucket < 8 {
		return time.Duration(bucket)
	}
	high, rest := bucket/8+2, bucket%8
	return time.Duration((uint64(8+rest)+1)<<(high-3) - 1)
}

func (l *latencies) add(d time.Duration) {
	l.buckets[bucket(d)]++
	l.count++
	l.max = max(l.max, d)
}

// latency is what is told of durations, in microseconds.
type latency struct {
	Count int   `json:"count"`
	P50   int64 `json:"p50"`
	P99   int64 `json:"p99"`
	Max   int64 `json:"max"`
}

func (l *latencies) sum() latency {
	return latency{
		Count: l.count, P50: l.percentile(50).Microseconds(), P99: l.percentile(99).Microseconds(), Max: l.max.Microseconds(),
	}
}

// percentile is a duration that p of a hundred did not exceed.
func (l *latencies) percentile(p int) time.Duration {
	rank := (l.count*p + 99) / 100
	for i, n := range l.buckets {
		if rank -= n; rank <= 0 && l.count > 0 {
			return min(bound(i), l.max)
		}
	}
	return 0
}
