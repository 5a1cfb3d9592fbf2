package insights

import (
	"time"

	"github.com/DataDog/sketches-go/ddsketch"
	"github.com/DataDog/sketches-go/ddsketch/mapping"
	"github.com/DataDog/sketches-go/ddsketch/store"
)

const (
	// accuracy of a quantile, relative to its value.
	accuracy = 0.01
	// maxBins bounds a sketch to four kilobytes. Where latencies are spread over more than four orders of magnitude, the
	// lowest ones are taken together.
	maxBins = 512
)

var latencyBins = newMapping()

func newMapping() mapping.IndexMapping {
	bins, err := mapping.NewCubicallyInterpolatedMapping(accuracy)
	if err != nil {
		panic(err) // only for an accuracy outside of (0, 1)
	}
	return bins
}

// sketch is a distribution of latencies. Its zero value is empty and takes no memory yet.
type sketch struct{ dd *ddsketch.DDSketch }

func (s *sketch) allocate() {
	if s.dd == nil {
		s.dd = ddsketch.NewDDSketch(latencyBins,
			store.NewCollapsingLowestDenseStore(maxBins), store.NewCollapsingLowestDenseStore(1))
	}
}

func (s *sketch) add(latency time.Duration) {
	s.allocate()
	_ = s.dd.Add(float64(max(latency, 0))) // a duration is in the range that a sketch can hold
}

func (s *sketch) merge(from *sketch) {
	if from.dd == nil || from.dd.IsEmpty() {
		return
	}
	s.allocate()
	_ = s.dd.MergeWith(from.dd) // all have the same mapping
}

func (s *sketch) clear() {
	if s.dd != nil {
		s.dd.Clear()
	}
}

// quantile returns zero if there is no latency.
func (s *sketch) quantile(q float64) time.Duration {
	if s.dd == nil || s.dd.IsEmpty() {
		return 0
	}
	value, err := s.dd.GetValueAtQuantile(q)
	if err != nil {
		return 0
	}
	return time.Duration(value)
}
