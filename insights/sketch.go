package insights

import (
	"math"
	"time"
)

const (
	// accuracy of a quantile, relative to its value.
	accuracy = 0.01
	// maxBins bounds a sketch to two kilobytes. Where latencies are spread over more than four
	// orders of magnitude, the lowest ones are taken together.
	maxBins = 512
	// binsAtOnce is by how many bins a sketch grows.
	binsAtOnce = 32
)

// growth is from one bin's bounds to the next one's: a value in the middle is within accuracy of
// all in its bin.
var growth = math.Log((1 + accuracy) / (1 - accuracy))

// sketch is a distribution of latencies: how many there were in each of the bins of one width on a
// logarithmic scale, as in DDSketch (https://arxiv.org/abs/1908.10693). Its zero value is empty and
// takes no memory yet.
type sketch struct {
	low  int32 // the first bin's index
	bins []uint32
}

func binOf(latency time.Duration) int32 {
	return int32(math.Ceil(math.Log(float64(max(latency, 1))) / growth))
}

// valueOf is in the middle of a bin, relative to its bounds.
func valueOf(bin int32) time.Duration {
	return time.Duration(min(2*math.Exp(float64(bin)*growth)/(1+math.Exp(growth)), math.MaxInt64-1024) + 0.5)
}

func (s *sketch) add(latency time.Duration) {
	bin := binOf(latency)
	s.cover(bin, bin)
	s.put(max(bin, s.low), 1)
}

// put adds to a bin that is covered. Where a number gets too large for a bin, all are halved:
// quantiles stay.
func (s *sketch) put(bin int32, n uint32) {
	to := &s.bins[bin-s.low]
	for n > math.MaxUint32-*to {
		n /= 2
		for i := range s.bins {
			s.bins[i] /= 2
		}
	}
	*to += n
}

// cover makes room for the bins from one to another, as far as maxBins allows: the highest ones are
// kept.
func (s *sketch) cover(from, to int32) {
	low, end, downwards := from, to+1, false
	if len(s.bins) > 0 {
		if from >= s.low && end <= s.end() {
			return
		}
		low, end, downwards = min(low, s.low), max(end, s.end()), from < s.low
	}
	low = max(low, end-maxBins)
	size := (int(end-low) + binsAtOnce - 1) / binsAtOnce * binsAtOnce
	if downwards {
		low = end - int32(size) //nolint:gosec // at most maxBins;  what is more than needed is where it grows to
	}
	old, bins := s.bins, s.bins[:0]
	if cap(bins) < size {
		bins = make([]uint32, size)
	}
	bins = bins[:size]
	var below uint64
	if up := int(s.low - low); up >= 0 || len(old) == 0 {
		up = max(up, 0)
		copied := copy(bins[min(up, size):], old)
		clear(bins[:min(up, size)])
		clear(bins[min(up+copied, size):])
	} else {
		gone := min(-up, len(old))
		for _, n := range old[:gone] {
			below += uint64(n)
		}
		clear(bins[copy(bins, old[gone:]):])
	}
	s.low, s.bins = low, bins
	s.put(low, uint32(min(below, math.MaxUint32)))
}

func (s *sketch) end() int32 { return s.low + int32(len(s.bins)) } //nolint:gosec // at most maxBins

func (s *sketch) merge(from *sketch) {
	if len(from.bins) == 0 {
		return
	}
	first, last := 0, len(from.bins)-1
	for from.bins[first] == 0 {
		first++
	}
	for from.bins[last] == 0 {
		last--
	}
	s.cover(from.low+int32(first), from.low+int32(last)) //nolint:gosec // at most maxBins
	for i := first; i <= last; i++ {
		if n := from.bins[i]; n > 0 {
			s.put(max(from.low+int32(i), s.low), n)
		}
	}
}

// clear keeps the memory for the next latencies.
func (s *sketch) clear() { s.bins = s.bins[:0] }

// quantile returns zero if there is no latency.
func (s *sketch) quantile(q float64) time.Duration {
	var total uint64
	for _, n := range s.bins {
		total += uint64(n)
	}
	if total == 0 {
		return 0
	}
	rank := uint64(q * float64(total-1))
	for i, n := range s.bins {
		if uint64(n) > rank {
			return valueOf(s.low + int32(i))
		}
		rank -= uint64(n)
	}
	return 0
}
