package cutover

import "github.com/launchdarkly/go-sdk-common/v3/ldmigration"

// Detached is an execution order beside the SDK's three: reads of both run at the same time, and the caller has the
// authoritative result as soon as it is there. The secondary, the comparison, the op event and the observers follow in
// the background, until [Builder.SecondaryTimeout]; [Cutover.Close] waits for them.
//
// The background goes on reading the result that the caller has got, and the payload that it passed: see
// [ReaderBuilder.Clone].
const Detached ldmigration.ExecutionOrder = "detached"

// sequence says when an operation's secondary starts, relative to the authoritative call, and who waits for it.
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

// orderOf is the sequence of one operation. A read does without its secondary where too many of them run already.
func (o *operation[P, R]) orderOf(rec *record) sequence {
	switch {
	case !rec.plan.both:
		return authoritativeOnly
	case o.kind == ldmigration.Write:
		return ifAuthoritativeSucceeds
	case o.order == Detached && o.owner.admit():
		return detachedTogether
	case o.order == Detached, o.owner != nil && o.owner.full():
		rec.sides[rec.plan.authoritative.other()].err = ErrSecondarySkipped
		return authoritativeOnly
	case o.order == ldmigration.Concurrent:
		return together
	case o.order == ldmigration.Random && coin():
		return secondaryFirst
	default:
		return authoritativeFirst
	}
}
