package cutovertest

import (
	"context"
	"fmt"

	"github.com/gocutover/cutover"
)

// Recorder is an observer that keeps what it observes, stage changes too. The zero value is ready
// for use; it is safe for concurrent use and must not be copied.
type Recorder struct {
	observations inbox[cutover.Observation]
	changes      inbox[cutover.StageChange]
}

var (
	_ cutover.Observer      = (*Recorder)(nil)
	_ cutover.StageObserver = (*Recorder)(nil)
)

// Observe keeps an observation.
func (r *Recorder) Observe(_ context.Context, o cutover.Observation) { r.observations.add(o) }

// ObserveStage keeps a stage change.
func (r *Recorder) ObserveStage(_ context.Context, change cutover.StageChange) { r.changes.add(change) }

// Observations returns what was observed so far, in that order.
func (r *Recorder) Observations() []cutover.Observation { return r.observations.all() }

// StageChanges returns the stage changes so far, in the order in which they were seen.
func (r *Recorder) StageChanges() []cutover.StageChange { return r.changes.all() }

// AwaitObservations returns the observations as soon as there are at least n. After 10 seconds it
// ends the test and tells those that came.
func (r *Recorder) AwaitObservations(tb TB, n int) []cutover.Observation {
	tb.Helper()
	return r.observations.await(tb, n, "observations", DescribeObservation)
}

// DescribeStageChange tells a stage change in one line, with its warning if it has one.
func DescribeStageChange(change cutover.StageChange) string {
	line := fmt.Sprintf("%q from %s to %s", change.Flag, change.From, change.To)
	if change.SideBySide {
		line = fmt.Sprintf("%q at %s and %s side by side", change.Flag, change.From, change.To)
	}
	if change.ContextKind != "" {
		line += fmt.Sprintf(" for %s contexts", change.ContextKind)
	}
	if change.Warning != "" {
		line += ": " + change.Warning
	}
	return line
}
