package cutovertest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

var origins = [2]ldmigration.Origin{ldmigration.Old, ldmigration.New}

// sighting is what an op event or an observation tells of one operation: what an [Expectation]
// looks at. What an observation alone knows is empty for an op event.
type sighting struct {
	observed  bool
	operation ldmigration.Operation
	flag      string
	stage     ldmigration.Stage
	user      string // the evaluation context's key; an observation's
	keys      []string
	sides     [2]seenSide
	verdict   cutover.Consistency
	whys      []cutover.Consistency // what may be the reason that it was not checked
	rechecks  int
}

type seenSide struct {
	invoked, failed, timed bool
	notFound, skipped      bool  // an observation's
	err                    error // an observation's
	latency                time.Duration
}

// seenEvent reads an op event. That tells that nothing was checked, but not why: the reasons are
// what it leaves open.
func seenEvent(e Event) *sighting {
	s := &sighting{
		operation: e.Op, flag: e.FlagKey, stage: ldmigration.Stage(e.Evaluation.Value.StringValue()),
	}
	for i, origin := range origins {
		_, invoked := e.Invoked[origin]
		_, failed := e.Error[origin]
		ms, timed := e.Latency[origin]
		s.sides[i] = seenSide{invoked: invoked, failed: failed, timed: timed, latency: time.Duration(ms) * time.Millisecond}
	}
	switch check := e.ConsistencyCheck; {
	case check != nil && check.Consistent():
		s.verdict = cutover.Consistent
	case check != nil:
		s.verdict = cutover.Inconsistent
	case e.Op == ldmigration.Write:
		s.whys = []cutover.Consistency{cutover.SingleOrigin}
	case !s.sides[0].invoked || !s.sides[1].invoked:
		s.whys = []cutover.Consistency{cutover.SingleOrigin, cutover.SecondarySkipped}
	case s.sides[0].failed || s.sides[1].failed:
		s.whys = []cutover.Consistency{cutover.ReadFailed, cutover.NoComparison}
	default:
		s.whys = []cutover.Consistency{
			cutover.NoComparison, cutover.NotSampled, cutover.WrittenMeanwhile, cutover.ComparisonPanicked, cutover.Undecided,
			cutover.Ignored,
		}
	}
	return s
}

// seenObservation reads an observation, which knows why nothing was checked.
func seenObservation(o cutover.Observation) *sighting {
	s := &sighting{
		observed: true, operation: o.Operation, flag: o.Flag, stage: o.Stage, user: o.Context.FullyQualifiedKey(),
		keys: o.Shown.Keys, verdict: o.Consistency, rechecks: o.Rechecks,
	}
	for i, origin := range origins {
		out := o.Outcome(origin)
		s.sides[i] = seenSide{
			invoked: out.Invoked, failed: out.Invoked && out.Err != nil && !out.NotFound, timed: out.Invoked,
			notFound: out.NotFound, skipped: errors.Is(out.Err, cutover.ErrSecondarySkipped), err: out.Err, latency: out.Latency,
		}
	}
	if !o.Consistency.Checked() {
		s.whys = []cutover.Consistency{o.Consistency}
	}
	return s
}

// String tells all of it in one line.
func (s *sighting) String() string {
	line := fmt.Sprintf("%s of %q at %s", s.operation, s.flag, s.stage)
	if s.user != "" {
		line += " for " + s.user
	}
	if len(s.keys) > 0 {
		line += ", records " + strings.Join(s.keys, ", ")
	}
	line = fmt.Sprintf("%s: %s; %s; %s", line, s.side(0), s.side(1), s.consistency())
	if s.rechecks > 0 {
		line += fmt.Sprintf("; rechecks: %d", s.rechecks)
	}
	return line
}

func (s *sighting) side(i int) string {
	side := s.sides[i]
	switch {
	case side.skipped:
		return string(origins[i]) + " skipped"
	case !side.invoked:
		return string(origins[i]) + " not invoked"
	}
	line := string(origins[i]) + " invoked"
	switch {
	case side.notFound:
		line += ", not found"
	case side.err != nil:
		line += fmt.Sprintf(", failed (%v)", side.err)
	case side.failed:
		line += ", failed"
	}
	if side.timed {
		line += fmt.Sprintf(" in %v", side.latency)
	}
	return line
}

func (s *sighting) consistency() string {
	if len(s.whys) == 0 {
		return s.verdict.String()
	}
	names := make([]string, len(s.whys))
	for i, why := range s.whys {
		names[i] = why.String()
	}
	return "not checked (" + strings.Join(names, ", or ") + ")"
}

// DescribeEvent tells an op event in one line: which origins were invoked, which failed, how long
// they took in whole milliseconds, and whether they agree. Where nothing was checked it tells the
// reasons that the event leaves open; an observation knows the reason, see [DescribeObservation].
func DescribeEvent(event Event) string { return seenEvent(event).String() }

// DescribeObservation tells an observation in one line, as [DescribeEvent] does an op event, with
// the evaluation context, the keys that are revealed, the errors, what was not found, the latencies
// in full, the reason why nothing was checked, and how often both were read again.
func DescribeObservation(o cutover.Observation) string { return seenObservation(o).String() }
