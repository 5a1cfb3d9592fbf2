package cutover

import "github.com/launchdarkly/go-sdk-common/v3/ldmigration"

// sequence says when an operation's secondary starts, relative to the authoritative call.
type sequence uint8

const (
	authoritativeOnly sequence = iota
	authoritativeFirst
	ifAuthoritativeSucceeds
	secondaryFirst
	together
)

func knownOrder(order ldmigration.ExecutionOrder) bool {
	switch order {
	case ldmigration.Serial, ldmigration.Random, ldmigration.Concurrent:
		return true
	default:
		return false
	}
}

func (o *operation[P, R]) orderOf(p plan) sequence {
	switch {
	case !p.both:
		return authoritativeOnly
	case o.kind == ldmigration.Write:
		return ifAuthoritativeSucceeds
	case o.order == ldmigration.Concurrent:
		return together
	case o.order == ldmigration.Random && coin():
		return secondaryFirst
	default:
		return authoritativeFirst
	}
}
