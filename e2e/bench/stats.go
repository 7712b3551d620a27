package bench

import (
	"math"
	"slices"
)

// Spread is how long something took, in microseconds.
type Spread struct {
	Samples int     `json:"samples"`
	P50     float64 `json:"p50"`
	P99     float64 `json:"p99"`
	Max     float64 `json:"max"`
}

// spreadOf sums up samples in nanoseconds, which it sorts.
func spreadOf(samples []int64) Spread {
	slices.Sort(samples)
	return Spread{
		Samples: len(samples),
		P50:     micros(percentile(samples, 50)),
		P99:     micros(percentile(samples, 99)),
		Max:     micros(percentile(samples, 100)),
	}
}

func micros(nanos int64) float64 { return float64(nanos) / 1000 }

// percentile is the smallest of the sorted samples that p of a hundred do not
// exceed (the nearest rank); 0 of none.
func percentile(sorted []int64, p float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

// Ratio is how many times as long one thing took as another beside it.
type Ratio struct {
	// Pairs were compared. Median is the middle one's ratio; the true median lies
	// from Low to High with 95 % confidence.
	Pairs  int     `json:"pairs"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// RatioOf compares what was measured side by side, turn by turn, in one unit; nil
// of fewer than two turns.
func RatioOf(this, that []int64) *Ratio {
	pairs := make([]pair, 0, len(this))
	for i := range min(len(this), len(that)) {
		pairs = append(pairs, pair{this[i], that[i]})
	}
	return ratioOf(pairs)
}

// pair is the medians of two batches that ran beside each other, in nanoseconds.
type pair struct{ this, that int64 }

// ratioOf compares pairs; nil of fewer than two.
//
// The interval is between two order statistics (the sign test's): it assumes nothing
// of how the ratios are distributed, which on a shared machine is with a long tail.
func ratioOf(pairs []pair) *Ratio {
	var ratios []float64
	for _, p := range pairs {
		if p.this > 0 && p.that > 0 {
			ratios = append(ratios, float64(p.this)/float64(p.that))
		}
	}
	n := len(ratios)
	if n < 2 {
		return nil
	}
	slices.Sort(ratios)
	// How many ratios lie below the true median is binomial(n, ½): its standard
	// deviation is √n/2, and 1.96 of them hold 95 %.
	reach := 1.96 * math.Sqrt(float64(n)) / 2
	low := max(int(math.Floor(float64(n)/2-reach)), 0)
	high := min(int(math.Ceil(float64(n)/2+reach)), n-1)
	return &Ratio{Pairs: n, Median: middle(ratios), Low: ratios[low], High: ratios[high]}
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	if n%2 == 1 {
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
