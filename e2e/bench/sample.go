package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/inshore-dev/inshore/e2e/bench/call"
)

// The sizes of batches: a few milliseconds each, so that what a batch is compared
// with ran under the same conditions.
var batches = map[Measure]call.Order{
	ConnectAndEcho: {Mode: call.Connect, Bytes: 100, Count: 40, Warm: 5},
	Echo100:        {Mode: call.Echo, Bytes: 100, Count: 100, Warm: 10},
	Echo4096:       {Mode: call.Echo, Bytes: 4096, Count: 100, Warm: 10},
}

// callLimit is far beyond what a call takes here, and below the second after which
// TCP would try again and hide a loss.
const callLimit = 900 * time.Millisecond

// series is everything sampled of one arm on one node with one measure.
type series struct {
	samples []int64
	// medians are of each round's batch; 0 if that failed.
	medians []int64
	failed  int
	why     string
}

// key is what a series is of.
type key struct {
	place   int
	arm     Arm
	measure Measure
}

// block is batches that are compared with each other.
type block struct {
	place   int
	measure Measure
}

// sample measures calls over all arms, in rounds, for as long as the options say.
func (b *bench) sample(ctx context.Context) error {
	all := map[key]*series{}
	var blocks []block
	for i, p := range b.places {
		for _, measure := range Measures() {
			blocks = append(blocks, block{i, measure})
			for _, arm := range p.arms {
				all[key{i, arm, measure}] = &series{}
			}
		}
	}
	rounds := 0
	for end := time.Now().Add(b.Duration); time.Now().Before(end) || rounds < 2; rounds++ {
		rand.Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
		for _, block := range blocks {
			if err := b.sampleBlock(ctx, block, all); err != nil {
				return err
			}
		}
	}
	b.printf("%d Services: %d rounds", len(b.services), rounds)
	b.sumUp(all)
	return nil
}

func (b *bench) sampleBlock(ctx context.Context, block block, all map[key]*series) error {
	p := b.places[block.place]
	arms := slices.Clone(p.arms)
	rand.Shuffle(len(arms), func(i, j int) { arms[i], arms[j] = arms[j], arms[i] })
	for _, arm := range arms {
		if arm == p.arm && arm != PodIP && p.lost != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		o := batches[block.measure]
		o.Address, o.Limit = b.address(p, arm), callLimit
		answer, err := p.client.Do(o)
		if err != nil {
			return fmt.Errorf("%s: %w", arm, err)
		}
		all[key{block.place, arm, block.measure}].add(answer)
	}
	return nil
}

func (s *series) add(answer call.Answer) {
	s.samples = append(s.samples, answer.Samples...)
	s.failed += answer.Failed
	if answer.Failed > 0 {
		s.why = answer.Error
	}
	slices.Sort(answer.Samples)
	s.medians = append(s.medians, percentile(answer.Samples, 50))
}

// address is where an arm's calls go.
func (b *bench) address(p *place, arm Arm) string {
	switch arm {
	case PodIP:
		return p.server.String()
	case Loopback:
		return loopbackAddress
	case UnixSocket:
		return socketPath
	}
	return netip.AddrPortFrom(b.anyService(), servicePort).String()
}

// sumUp puts what was sampled into the report.
func (b *bench) sumUp(all map[key]*series) {
	for _, measure := range Measures() {
		for _, arm := range Arms() {
			for i, p := range b.places {
				s := all[key{i, arm, measure}]
				if s == nil || len(s.medians) == 0 || (arm == PodIP && i > 0 && !slices.Contains(b.Arms, PodIP)) {
					continue
				}
				l := Latency{
					Services: len(b.services), Arm: arm, Measure: measure, Node: p.arm,
					Microseconds: spreadOf(s.samples), Failed: s.failed, Error: s.why,
				}
				if arm != PodIP {
					l.ToPodIP = s.ratio(all[key{i, PodIP, measure}])
				}
				if arm != PodIP || i > 0 {
					l.ToBarePodIP = s.ratio(all[key{0, PodIP, measure}])
				}
				b.report.Latencies = append(b.report.Latencies, l)
			}
		}
	}
}

// ratio compares two series round by round.
func (s *series) ratio(other *series) *Ratio {
	var pairs []pair
	for i := range min(len(s.medians), len(other.medians)) {
		pairs = append(pairs, pair{s.medians[i], other.medians[i]})
	}
	return ratioOf(pairs)
}
