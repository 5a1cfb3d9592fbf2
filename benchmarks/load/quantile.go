package main

import (
	"math"
	"slices"
	"time"
)

// readings is what callers saw at one stage, turn by turn.
type readings struct {
	traffic
	turns []int // where each turn's latencies end
}

func (r *readings) add(turn traffic) {
	r.traffic.add(turn)
	r.turns = append(r.turns, len(r.latencies))
}

// typical returns the median of the turns' quantiles: a moment in which the machine did something
// else does not count, unless half of the turns have one.
func (r *readings) typical(part float64) time.Duration {
	each := r.each(part)
	return each.quantile(0.5)
}

// spread returns how many times the lowest of the turns' quantiles the highest is: what the machine
// does to it by itself, where nothing else runs.
func (r *readings) spread(part float64) float64 {
	each := r.each(part)
	return over(each.quantile(1), each.quantile(0))
}

// each returns one quantile for each turn.
func (r *readings) each(part float64) (each traffic) {
	from := 0
	for _, to := range r.turns {
		turn := traffic{latencies: r.latencies[from:to]}
		each.latencies = append(each.latencies, turn.quantile(part))
		from = to
	}
	return each
}

// quantile returns the latency that the given part of all are at most, the lowest for 0, and 0 if
// there are none.
func (t *traffic) quantile(part float64) time.Duration {
	if len(t.latencies) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.latencies))
	rank := int(math.Ceil(part * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}
