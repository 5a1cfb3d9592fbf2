package cutover

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/launchdarkly/go-server-sdk/v7/interfaces"
)

// Consistency is the outcome of comparing an operation's two results, or the reason why they were
// not compared. The zero value is SingleOrigin.
type Consistency uint8

const (
	// SingleOrigin means that the operation did not read from both: it was a write, or the stage
	// reads from one origin.
	SingleOrigin Consistency = iota
	// NoComparison means that both were read and the reader has no comparison.
	NoComparison
	// ReadFailed means that at least one of the two reads failed.
	ReadFailed
	// NotSampled means that the flag's check ratio left this operation out.
	NotSampled
	// SecondarySkipped means that the secondary was not called: as much ran in the background as
	// [Builder.MaxBackground] allows, or [ReaderBuilder.ClonePayload] panicked.
	SecondarySkipped
	// WrittenMeanwhile means that the record was written during the read; see
	// [ReaderBuilder.CompareBetweenWrites].
	WrittenMeanwhile
	// ComparedLater means that the operation returned before the outcome was known: a [Detached]
	// read, one that returned at its caller's deadline, or one that is read again. Observers get
	// the outcome.
	ComparedLater
	// ComparisonPanicked means that the comparison, or a clone for it, panicked or called
	// [runtime.Goexit], so nothing is known.
	ComparisonPanicked
	// Undecided means that the comparison gave up, because the results are nested too deep or too
	// large.
	Undecided
	// Ignored means that the results differ in a way that a rule knows; see [ReaderBuilder.Ignore].
	Ignored
	// Consistent means that the comparison found the results equal.
	Consistent
	// Inconsistent means that the comparison found a difference.
	Inconsistent
)

var consistencyNames = [...]string{
	SingleOrigin:       "single origin",
	NoComparison:       "no comparison",
	ReadFailed:         "read failed",
	NotSampled:         "not sampled",
	SecondarySkipped:   "secondary skipped",
	WrittenMeanwhile:   "written meanwhile",
	ComparedLater:      "compared later",
	ComparisonPanicked: "comparison panicked",
	Undecided:          "undecided",
	Ignored:            "ignored",
	Consistent:         "consistent",
	Inconsistent:       "inconsistent",
}

// Checked reports whether the results were compared with a verdict, [Consistent] or [Inconsistent].
// Only then does the op event report a consistency.
func (c Consistency) Checked() bool { return c == Consistent || c == Inconsistent }

// String returns the outcome in words, such as "consistent" or "not sampled".
func (c Consistency) String() string {
	if int(c) < len(consistencyNames) {
		return consistencyNames[c]
	}
	return "unknown consistency"
}

// drawn remembers what was drawn for one operation.
type drawn uint8

const (
	notDrawn drawn = iota
	drawnIn
	drawnOut
)

// toCompare reports whether this operation's results are to be compared. The first call draws.
func (rec *record) toCompare() bool {
	if rec.drawn == notDrawn {
		rec.drawn = drawnOut
		if rec.sampled() {
			rec.drawn = drawnIn
		}
	}
	return rec.drawn == drawnIn
}

// sampled reports whether the flag's check ratio selects this operation.
func (ev *evaluation) sampled() bool {
	if ev.tracker != nil {
		return drawnBy(ev.tracker)
	}
	return ev.facts.check.draw()
}

// sampler draws by a flag's check ratio. A tracker does not tell the ratio until it has selected an
// operation: then its event has it. Until then each comparison draws by that tracker, so a ratio of
// any size works.
type sampler struct {
	ratio   atomic.Int64 // 0 while it is unknown
	tracker interfaces.LDMigrationOpTracker
}

// checkAttempts is how often a new tracker is asked to draw: enough for the usual small ratios.
const checkAttempts = 16

// learn has a tracker draw a few times, and reports whether the ratio is known after that.
func (s *sampler) learn(tracker interfaces.LDMigrationOpTracker, compares bool) bool {
	attempts := 1
	if compares {
		attempts = checkAttempts
	}
	for range attempts {
		if drawnBy(tracker) {
			return s.ask(tracker)
		}
	}
	return false
}

// ready reports whether the sampler can draw.
func (s *sampler) ready() bool { return s.ratio.Load() > 0 || s.tracker != nil }

// draw returns true once in ratio times on average. If it returns true, the ratio is known.
func (s *sampler) draw() bool {
	if ratio := s.ratio.Load(); ratio > 0 {
		return draw(int(ratio))
	}
	return s.tracker != nil && drawnBy(s.tracker) && s.ask(s.tracker)
}

// ask takes the ratio from the event of a tracker that selected an operation, and drops the event.
func (s *sampler) ask(tracker interfaces.LDMigrationOpTracker) bool {
	event, err := tracker.Build()
	if err != nil || event.ConsistencyCheck == nil {
		return false
	}
	s.ratio.Store(int64(event.ConsistencyCheck.SamplingRatio()))
	return true
}

// drawnBy has a tracker draw. It does not pass the user's comparison, which would run under the
// tracker's lock.
func drawnBy(tracker interfaces.LDMigrationOpTracker) (drawn bool) {
	tracker.TrackConsistency(func() bool {
		drawn = true
		return true
	})
	return drawn
}

// draw returns true once in ratio times on average: always for 1, never for zero or less.
func draw(ratio int) bool {
	if ratio <= 1 {
		return ratio == 1
	}
	return rand.IntN(ratio) == 0
}

// coin is fair, cheap and safe for concurrent use.
func coin() bool { return rand.Uint64()&1 == 0 }
