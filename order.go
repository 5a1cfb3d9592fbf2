package cutover

import (
	"context"
	"fmt"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

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
)

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
	case o.kind == ldmigration.Write:
		return ifAuthoritativeSucceeds
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
