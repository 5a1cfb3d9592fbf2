package reconcile

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// turns keeps the direction of a flag.
type turns struct {
	epoch cutover.Epoch
	began time.Time // when the epoch did
	// When a write had each direction last.
	oldUsed, newUsed time.Time
}

func other(from ldmigration.Origin) ldmigration.Origin {
	if from == ldmigration.Old {
		return ldmigration.New
	}
	return ldmigration.Old
}

func (t *turns) used(from ldmigration.Origin) *time.Time {
	if from == ldmigration.New {
		return &t.newUsed
	}
	return &t.oldUsed
}

// use notes a write, and returns the epoch. The first write makes the first one.
func (t *turns) use(from ldmigration.Origin, now time.Time) cutover.Epoch {
	if t.epoch.Number == 0 {
		t.turn(from, now)
	}
	*t.used(from) = now
	return t.epoch
}

func (t *turns) turn(from ldmigration.Origin, now time.Time) {
	t.epoch = cutover.Epoch{Number: t.epoch.Number + 1, From: from}
	t.began = now
}

// advance turns to the other direction if only that was used for a while.
func (t *turns) advance(now time.Time, after time.Duration, off mutant) {
	if t.epoch.Number == 0 || off.has(neverTurn) {
		return
	}
	held := later(t.began, *t.used(t.epoch.From))
	if t.used(other(t.epoch.From)).After(held) && now.Sub(held) >= after {
		t.turn(other(t.epoch.From), now)
	}
}
