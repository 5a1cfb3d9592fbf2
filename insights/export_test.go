package insights

import "time"

// What the page writes as the server does, for the test that holds both together.
var (
	Percent = percent
	Brief   = brief
	Number  = number
	Plain   = plain
	Text    = text
)

// MaxText is how many bytes are kept of a text.
const MaxText = maxText

// Sketch is a distribution of latencies.
type Sketch = sketch

// AddTo adds a latency so many times.
func (s *sketch) AddTo(latency time.Duration, times uint32) {
	s.cover(binOf(latency), binOf(latency))
	s.put(max(binOf(latency), s.low), times)
}

func (s *sketch) Add(latency time.Duration)        { s.add(latency) }
func (s *sketch) Merge(from *sketch)               { s.merge(from) }
func (s *sketch) Clear()                           { s.clear() }
func (s *sketch) Quantile(q float64) time.Duration { return s.quantile(q) }
func (s *sketch) Bins() int                        { return cap(s.bins) }
