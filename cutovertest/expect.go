package cutovertest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// Expectation is one thing that a test expects of an operation, for [AssertEvent] and
// [AssertObservation].
type Expectation struct {
	problem func(*sighting) string // nothing if it is as expected
}

// AssertEvent checks an op event against all expectations, and reports the ones that are not met
// together, with the whole event in one line. It returns whether all were met, and leaves the test
// running.
func AssertEvent(tb TB, event Event, expected ...Expectation) bool {
	tb.Helper()
	return assertSeen(tb, seenEvent(event), expected)
}

// AssertObservation does for an observation what [AssertEvent] does for an op event.
func AssertObservation(tb TB, o cutover.Observation, expected ...Expectation) bool {
	tb.Helper()
	return assertSeen(tb, seenObservation(o), expected)
}

func assertSeen(tb TB, s *sighting, expected []Expectation) bool {
	tb.Helper()
	var problems strings.Builder
	for _, e := range expected {
		if problem := e.problem(s); problem != "" {
			problems.WriteString("\n  " + problem)
		}
	}
	if problems.Len() == 0 {
		return true
	}
	tb.Errorf("not as expected: %s%s", s, problems.String())
	return false
}

// IsRead expects a read.
func IsRead() Expectation { return isOperation(ldmigration.Read) }

// IsWrite expects a write.
func IsWrite() Expectation { return isOperation(ldmigration.Write) }

func isOperation(want ldmigration.Operation) Expectation {
	return expect("operation", want, func(s *sighting) ldmigration.Operation { return s.operation })
}

// OfFlag expects the operation to be under a flag.
func OfFlag(key string) Expectation {
	return expect("flag", key, func(s *sighting) string { return s.flag })
}

// At expects the operation to have run at a stage.
func At(stage ldmigration.Stage) Expectation {
	return expect("stage", stage, func(s *sighting) ldmigration.Stage { return s.stage })
}

// Invoked expects these origins, and no other, to have been called.
func Invoked(want ...ldmigration.Origin) Expectation {
	return expectSides("invoked", want, func(side seenSide) bool { return side.invoked })
}

// Failed expects these origins, and no other, to have failed; without any, that none did. An answer
// that there is no such record is not a failure: see [NotFound]. An op event tells no errors if
// TrackErrors is off.
func Failed(want ...ldmigration.Origin) Expectation {
	return expectSides("failed", want, func(side seenSide) bool { return side.failed })
}

// NotFound expects these origins, and no other, to have answered that there is no such record; see
// [cutover.ReaderBuilder.NotFound]. Without any it expects that none did. It is for observations:
// an op event does not tell.
func NotFound(want ...ldmigration.Origin) Expectation {
	return observed("not found", expectSides("not found", want, func(side seenSide) bool { return side.notFound }))
}

// OfRecords expects the keys of the records that the operation is about, in that order, as
// [cutover.ReaderBuilder.RevealKey] makes observers see them. It is for observations.
func OfRecords(keys ...string) Expectation {
	return observed("records", expect("records", strings.Join(keys, ", "), func(s *sighting) string {
		return strings.Join(s.keys, ", ")
	}))
}

// Rechecked expects that both were read again n times because they differed; see
// [cutover.ReaderBuilder.Recheck]. It is for observations.
func Rechecked(n int) Expectation {
	return observed("rechecks", expect("rechecks", n, func(s *sighting) int { return s.rechecks }))
}

// observed is an expectation that an op event cannot meet.
func observed(what string, e Expectation) Expectation {
	return Expectation{func(s *sighting) string {
		if !s.observed {
			return what + ": an op event does not tell: use AssertObservation"
		}
		return e.problem(s)
	}}
}

// Timed expects a latency of these origins, and of no other. An op event tells none where
// TrackLatency is off.
func Timed(want ...ldmigration.Origin) Expectation {
	return expectSides("latency", want, func(side seenSide) bool { return side.timed })
}

// Consistent expects that both results were compared and agree.
func Consistent() Expectation { return isConsistency(cutover.Consistent) }

// Inconsistent expects that both results were compared and differ.
func Inconsistent() Expectation { return isConsistency(cutover.Inconsistent) }

func isConsistency(want cutover.Consistency) Expectation {
	return expect("consistency", want.String(), (*sighting).consistency)
}

// NotChecked expects that nothing was compared, for one of these reasons; without any, for any
// reason. An op event does not tell the reason: there it is enough that the event does not rule it
// out.
func NotChecked(reasons ...cutover.Consistency) Expectation {
	return Expectation{func(s *sighting) string {
		possible := slices.ContainsFunc(s.whys, func(why cutover.Consistency) bool { return slices.Contains(reasons, why) })
		if len(s.whys) > 0 && (len(reasons) == 0 || possible) {
			return ""
		}
		return fmt.Sprintf("consistency: want %s, got %s", (&sighting{whys: reasons}).unchecked(), s.consistency())
	}}
}

func (s *sighting) unchecked() string {
	if len(s.whys) == 0 {
		return "not checked"
	}
	return s.consistency()
}

func expect[T comparable](what string, want T, of func(*sighting) T) Expectation {
	return Expectation{func(s *sighting) string {
		if got := of(s); got != want {
			return fmt.Sprintf("%s: want %v, got %v", what, want, got)
		}
		return ""
	}}
}

func expectSides(what string, want []ldmigration.Origin, is func(seenSide) bool) Expectation {
	return Expectation{func(s *sighting) string {
		var wanted, got []ldmigration.Origin
		for i, origin := range origins {
			if slices.Contains(want, origin) {
				wanted = append(wanted, origin)
			}
			if is(s.sides[i]) {
				got = append(got, origin)
			}
		}
		if slices.Equal(wanted, got) {
			return ""
		}
		return fmt.Sprintf("%s: want %s, got %s", what, named(wanted), named(got))
	}}
}

func named(origins []ldmigration.Origin) string {
	switch len(origins) {
	case 0:
		return "none"
	case 1:
		return string(origins[0])
	default:
		return "old and new"
	}
}
