package insights_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gocutover/cutover/insights"
	"github.com/stretchr/testify/assert"
)

// exact is the quantile of the latencies themselves.
func exact(latencies []time.Duration, q float64) time.Duration {
	sorted := slices.Clone(latencies)
	slices.Sort(sorted)
	return sorted[int(q*float64(len(sorted)-1))]
}

func FuzzQuantilesAreWithinOnePercent(f *testing.F) {
	f.Add(uint64(1), 100, 3.0, 9.0)
	f.Add(uint64(2), 1, 0.0, 0.0)
	f.Add(uint64(3), 1000, 5.0, 8.9)
	f.Fuzz(func(t *testing.T, seed uint64, n int, low, high float64) {
		if n < 1 || n > 2000 || !(low >= 0 && low <= high && high <= 18) || high-low > 4 {
			t.Skip()
		}
		r := rand.New(rand.NewPCG(seed, 0))
		var parts [3]insights.Sketch
		var all []time.Duration
		for i := range n {
			latency := time.Duration(math.Pow(10, low+(high-low)*r.Float64()))
			all = append(all, latency)
			parts[i%len(parts)].Add(latency)
		}
		var sum insights.Sketch
		for i := range parts {
			sum.Merge(&parts[i])
		}
		for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
			want, got := exact(all, q), sum.Quantile(q)
			assert.InDelta(t, float64(want), float64(got), 0.0101*float64(want)+1, "quantile %v of %d", q, n)
		}
		assert.LessOrEqual(t, sum.Bins(), 512)
	})
}

func TestTheLowestLatenciesAreTakenTogether(t *testing.T) {
	t.Parallel()
	var s insights.Sketch
	for _, latency := range []time.Duration{0, 1, time.Hour, 2, math.MaxInt64, -5} {
		s.Add(latency)
	}
	assert.Equal(t, 512, s.Bins())
	assert.InEpsilon(t, float64(math.MaxInt64), float64(s.Quantile(1)), 0.011)
	assert.Greater(t, s.Quantile(0), time.Hour, "nothing of four orders less is told apart")

	s.Clear()
	for range 100 {
		s.Add(time.Microsecond)
	}
	s.Add(time.Hour)
	assert.Less(t, s.Quantile(0.98), time.Second, "they still count")
	assert.InEpsilon(t, float64(time.Hour), float64(s.Quantile(1)), 0.011)

	for range 3 {
		s.Clear()
		assert.Zero(t, s.Quantile(0.5))
		s.Add(time.Millisecond)
		s.Add(100 * time.Microsecond)
		s.Add(time.Second)
		assert.InEpsilon(t, float64(time.Millisecond), float64(s.Quantile(0.5)), 0.011)
		assert.InEpsilon(t, float64(100*time.Microsecond), float64(s.Quantile(0)), 0.011)
	}
	assert.Equal(t, 512, s.Bins(), "the memory is used again")
}

func TestQuantilesStayWhereANumberGetsTooLarge(t *testing.T) {
	t.Parallel()
	var s, more insights.Sketch
	for _, one := range []*insights.Sketch{&s, &more} {
		one.AddTo(time.Millisecond, math.MaxUint32-10)
		one.AddTo(time.Second, math.MaxUint32/100)
	}
	for range 100 {
		s.Add(time.Millisecond)
	}
	s.Merge(&more)
	assert.InEpsilon(t, float64(time.Millisecond), float64(s.Quantile(0.98)), 0.011)
	assert.InEpsilon(t, float64(time.Second), float64(s.Quantile(0.995)), 0.011)
}
