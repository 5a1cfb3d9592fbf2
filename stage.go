package cutover

import (
	"context"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

// side is the index of what is kept once per origin, so that two origins need an array and no map.
type side uint8

const (
	oldSide side = iota
	newSide
)

func (s side) other() side { return newSide - s }

func (s side) origin() ldmigration.Origin { return origins[s] }

var origins = [2]ldmigration.Origin{oldSide: ldmigration.Old, newSide: ldmigration.New}

func sideOf(origin ldmigration.Origin) (side, bool) {
	for s, o := range origins {
		if o == origin {
			return side(s), true
		}
	}
	return 0, false
}

// plan says which origins an operation calls at a stage, and whose result the caller gets.
type plan struct {
	authoritative side
	both          bool
}

type stageRow struct {
	stage         ldmigration.Stage
	reads, writes plan
}

// stages is the stage table: the only place that knows what a stage means. Reads from both origins
// are compared; writes to both go to the authoritative one first.
var stages = [...]stageRow{
	{ldmigration.Off, plan{oldSide, false}, plan{oldSide, false}},
	{ldmigration.DualWrite, plan{oldSide, false}, plan{oldSide, true}},
	{ldmigration.Shadow, plan{oldSide, true}, plan{oldSide, true}},
	{ldmigration.Live, plan{newSide, true}, plan{newSide, true}},
	{ldmigration.RampDown, plan{newSide, false}, plan{newSide, true}},
	{ldmigration.Complete, plan{newSide, false}, plan{newSide, false}},
}

// planFor looks up an operation in the stage table. It reports false for an unknown stage.
func planFor(stage ldmigration.Stage, operation ldmigration.Operation) (plan, bool) {
	row := stageRowOf(stage)
	if row < 0 {
		return plan{}, false
	}
	if operation == ldmigration.Write {
		return stages[row].writes, true
	}
	return stages[row].reads, true
}

// stageRowOf returns the row of a stage in the table, or -1 for an unknown stage.
func stageRowOf(stage ldmigration.Stage) int {
	for i := range stages {
		if stages[i].stage == stage {
			return i
		}
	}
	return -1
}

func isStage(stage ldmigration.Stage) bool { return stageRowOf(stage) >= 0 }

// What goes wrong by a move, or while two stages are in use side by side, follows from the stage
// table: a record is missing where reads are answered by a system that some writes did not reach.

// moveRisk returns what goes wrong by a move, or "". Once complete was in use, every step back
// leads to a stage at which the old system answers, and that lacks what was written at complete.
func moveRisk(from, to int, sinceComplete bool) string {
	complete := stageRowOf(ldmigration.Complete)
	reader := stages[to].reads.authoritative
	switch {
	case !writes(from, reader):
		return lacks("was", from, reader) + ", unless it was copied"
	case !sinceComplete || to > from:
		return ""
	case writes(complete, reader):
		return lacks("was", complete, reader.other()) + ": do not go back further"
	default:
		return lacks("was", complete, reader) + ", unless it was copied"
	}
}

// besideRisk returns what goes wrong while two stages are in use side by side, or "".
func besideRisk(a, b int) string {
	if a > b {
		a, b = b, a
	}
	one, other := stages[a].writes, stages[b].writes
	if one.both && other.both {
		if one.authoritative == other.authoritative {
			return ""
		}
		return fmt.Sprintf(
			"%s and %s write in opposite orders: two writes of one record can leave the systems different for good",
			stages[a].stage, stages[b].stage)
	}
	risk := ""
	for _, by := range [2]int{a, b} {
		if stages[by].writes.both {
			continue
		}
		if risk != "" {
			risk += ", and "
		}
		risk += lacks("is", by, stages[by].writes.authoritative.other())
	}
	return risk
}

func lacks(tense string, stage int, s side) string {
	return fmt.Sprintf("what %s written at %s is missing in the %s system", tense, stages[stage].stage, s.origin())
}

// writes reports whether a write at a stage reaches a system.
func writes(stage int, s side) bool {
	return stages[stage].writes.both || stages[stage].writes.authoritative == s
}

// Detached is an execution order in addition to the SDK's three. Reads from both run at the same
// time, and the caller gets the authoritative result as soon as it is known. The secondary, the
// comparison, the op event and the observers follow in the background; [Builder.SecondaryTimeout]
// applies, and [Cutover.Close] waits for them.
//
// The background uses copies of the caller's payload and result; see [ReaderBuilder.ClonePayload]
// and [ReaderBuilder.CloneResult].
const Detached ldmigration.ExecutionOrder = "detached"

const readOp, writeOp = ldmigration.Read, ldmigration.Write

// sequence is when an operation's secondary starts, relative to the authoritative call, and who
// waits for it.
type sequence uint8

const (
	authoritativeOnly sequence = iota
	authoritativeFirst
	ifAuthoritativeSucceeds
	secondaryFirst
	together
	detachedTogether
	behindWrite // like ifAuthoritativeSucceeds, and the caller does not wait
)

// followsWrite reports whether the secondary runs only after a write that succeeded.
func (s sequence) followsWrite() bool { return s == ifAuthoritativeSucceeds || s == behindWrite }

// inBackground reports whether the caller has its result before the secondary has settled. Such an
// operation has a place in the background.
func (s sequence) inBackground() bool { return s == detachedTogether || s == behindWrite }

func knownOrder(order ldmigration.ExecutionOrder) bool {
	switch order {
	case ldmigration.Serial, ldmigration.Random, ldmigration.Concurrent, Detached:
		return true
	default:
		return false
	}
}

// orderOf returns the sequence of one operation. A secondary without a payload of its own is
// skipped, and so is a read's while the lane is full. It may take a place in the background: no
// function of the user's may run until it is certain that the place is given back.
func (o *operation[P, R]) orderOf(ctx context.Context, rec *record) sequence {
	switch {
	case !rec.plan.both:
		return authoritativeOnly
	case rec.payloadFault != nil:
		rec.sides[rec.plan.authoritative.other()].err = fmt.Errorf(
			"%w: clone of its payload: %w", ErrSecondarySkipped, rec.payloadFault)
		return authoritativeOnly
	case o.kind == ldmigration.Write && !o.behind:
		return ifAuthoritativeSucceeds
	case o.kind == ldmigration.Write && o.lane.admit():
		return behindWrite
	case o.kind == ldmigration.Write:
		rec.sides[rec.plan.authoritative.other()].err = errNoPlace
		return authoritativeOnly
	case o.order == Detached && o.lane.admit():
		return detachedTogether
	case o.order == Detached, o.lane != nil && o.lane.full():
		rec.sides[rec.plan.authoritative.other()].err = errNoPlace
		return authoritativeOnly
	case o.order == ldmigration.Concurrent:
		return together
	case o.order == ldmigration.Random && coin() && halfOf(ctx) > 0:
		return secondaryFirst
	default:
		return authoritativeFirst
	}
}

// halfOf returns half of the time until ctx's deadline, and endless if it has none.
func halfOf(ctx context.Context) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		return time.Until(deadline) / 2
	}
	return endless
}

// within limits a call to the time until ctx's deadline, or to half of it if another call follows.
func (f *flight[P, R]) within(ctx context.Context, first bool) {
	left := halfOf(ctx)
	if left >= endless {
		return
	}
	if !first {
		left *= 2
	}
	if left = max(left, 1); f.limit == 0 || left < f.limit {
		f.limit = left
	}
}
