package cutovertest

import (
	"context"

	"github.com/gocutover/cutover"
)

// Recorder is an observer that keeps what it observes. The zero value is ready for use; it is safe for concurrent use
// and must not be copied.
type Recorder struct {
	observations journal[cutover.Observation]
}

var _ cutover.Observer = (*Recorder)(nil)

// Observe keeps an observation.
func (r *Recorder) Observe(_ context.Context, o cutover.Observation) { r.observations.add(o) }

// Observations returns what was observed so far, in that order.
func (r *Recorder) Observations() []cutover.Observation { return r.observations.all() }

// Await returns the observations as soon as there are at least n. After 10 seconds it ends the test and tells those that
// came.
func (r *Recorder) Await(tb TB, n int) []cutover.Observation {
	tb.Helper()
	return r.observations.await(tb, n, "observations", DescribeObservation)
}
