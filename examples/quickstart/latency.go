package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// latency sums up many measurements.
type latency struct {
	Samples  int
	P50, P99 time.Duration
}

func latencyOf(samples []time.Duration) latency {
	sorted := slices.Sorted(slices.Values(samples))
	return latency{Samples: len(sorted), P50: percentile(sorted, 0.50), P99: percentile(sorted, 0.99)}
}

// percentile returns the smallest sample that at least the given share of the samples does not
// exceed, or 0 without samples.
func percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(math.Ceil(share*float64(len(sorted))))-1]
}

// brief writes a duration in three digits or so, in the unit it is best read in.
func brief(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%dµs", d.Microseconds())
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
}
