package admission

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/inshore-dev/inshore/e2e/bench"
)

// turns are the samples of one arm, in nanoseconds, turn by turn. Every arm has as many.
type turns [][]int64

// flat is all samples, sorted.
func (t turns) flat() []int64 {
	all := slices.Concat(t...)
	slices.Sort(all)
	return all
}

// Interval is a figure with what else it might have been, at 95 %.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// Quantiles are in milliseconds.
type Quantiles struct {
	Samples int      `json:"samples"`
	P50     Interval `json:"p50"`
	P95     Interval `json:"p95"`
	P99     Interval `json:"p99"`
}

const millisecond = 1e6

func quantilesOf(t turns) Quantiles {
	all := t.flat()
	return Quantiles{Samples: len(all), P50: quantile(all, 0.50), P95: quantile(all, 0.95), P99: quantile(all, 0.99)}
}

// quantile is a quantile of sorted samples, in milliseconds, between two order
// statistics. How many samples lie below the true quantile is binomial(n, p), whose
// normal approximation places them; nothing is assumed of how samples are distributed.
func quantile(sorted []int64, p float64) Interval {
	n := float64(len(sorted))
	if n == 0 {
		return Interval{}
	}
	reach := 1.96 * math.Sqrt(n*p*(1-p))
	at := func(rank float64) float64 {
		i := min(max(int(rank), 1), len(sorted)) - 1
		return float64(sorted[i]) / millisecond
	}
	return Interval{at(math.Ceil(n * p)), at(math.Floor(n*p - reach)), at(math.Ceil(n*p+reach) + 1)}
}

// resamples of a bootstrap: enough for two digits of a 95 % interval.
const resamples = 1000

// bootstrap computes a figure from the medians of several arms, and its interval:
// whole turns are drawn with replacement, the same for all arms, since what the
// machine did in a turn befell all of them. Nil of fewer than two turns, and where too
// often the figure is no number: then what it is compared with could not be told from
// nothing.
func bootstrap(arms []turns, figure func(medians []float64) float64) *bench.Ratio {
	count := len(arms[0])
	if count < 2 {
		return nil
	}
	of := func(pick func(i int) int) float64 {
		medians := make([]float64, len(arms))
		for a, t := range arms {
			var drawn []int64
			for i := range count {
				drawn = append(drawn, t[pick(i)]...)
			}
			slices.Sort(drawn)
			medians[a] = float64(drawn[(len(drawn)-1)/2])
		}
		return figure(medians)
	}
	random := rand.New(rand.NewPCG(1, 1)) // The same report from the same samples.
	var drawn []float64
	for range resamples {
		picked := make([]int, count)
		for i := range picked {
			picked[i] = random.IntN(count)
		}
		if figure := of(func(i int) int { return picked[i] }); !math.IsNaN(figure) {
			drawn = append(drawn, figure)
		}
	}
	value := of(func(i int) int { return i })
	if math.IsNaN(value) || len(drawn) < resamples*99/100 {
		return nil
	}
	slices.Sort(drawn)
	return &bench.Ratio{Pairs: count, Median: value, Low: drawn[len(drawn)*25/1000], High: drawn[len(drawn)*975/1000-1]}
}

// ratio is of the medians of two arms.
func ratio(this, that turns) *bench.Ratio {
	return bootstrap([]turns{this, that}, func(m []float64) float64 { return m[0] / m[1] })
}

// addedRatio is what this adds to none, by medians, over what that adds.
func addedRatio(this, that, none turns) *bench.Ratio {
	return bootstrap([]turns{this, that, none}, func(m []float64) float64 {
		if m[1] <= m[2] {
			return math.NaN()
		}
		return (m[0] - m[2]) / (m[1] - m[2])
	})
}
