package reconcile

import (
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// wanting is how long the wish of the other direction holds back the row's own direction. Whoever
// waits renews it.
const wanting = time.Second

// admission is what a write finds when it asks to begin.
type admission uint8

const (
	admitted     admission = iota
	takenOver              // it was only seen to differ, or is unclear: its direction becomes that of the write
	unsettled              // a write of the other direction left it dirty: settle it first
	busySettling           // somebody settles it
	busyWanted             // the other direction waits for it
	busyOpen               // somebody writes or repairs it in the other direction
	busyLate               // a write of the other direction may still take effect
)

func (a admission) busy() bool { return a >= busySettling }

// ask tells what a write of an instance in a direction finds. A row that does not exist is nil.
func (r *row) ask(from ldmigration.Origin, instance int64, now time.Time, off mutant) admission {
	switch {
	case r == nil || len(r.open) == 0 && !r.dirty:
		return admitted
	case r.settling:
		return busySettling
	case r.from == from:
		if now.Before(r.wantsUntil) && !r.writer(instance) && !off.has(ignoreWants) {
			return busyWanted
		}
		return admitted
	case len(r.open) > 0:
		if off.has(admitOpposite) {
			return admitted
		}
		return busyOpen
	case now.Before(r.lateUntil) && !off.has(settleEarly):
		return busyLate
	case r.written && !r.unclear && !off.has(neverSettle):
		return unsettled
	default:
		return takenOver
	}
}

// want notes that the other direction waits until the row is not open.
func (r *row) want(found admission, now time.Time) {
	if found == busyOpen {
		r.wantsUntil = now.Add(wanting)
	}
}

// admit lets a write in, as ask found.
func (r *row) admit(found admission, me owner, from ldmigration.Origin, now time.Time, off mutant) {
	if !off.has(beginKeepsGeneration) {
		r.gen++
	}
	if len(r.open) > 0 && !off.has(ignoreOverlap) {
		r.stain(cutover.Overlapped, true, now)
	}
	switch {
	case found == unsettled:
		r.settling = true
	case found == takenOver, len(r.open) == 0 && !r.dirty:
		r.point(from)
	}
	r.enter(me, now)
}

// settled ends the settling of a write that stays in. It reports false if a mark came meanwhile, so
// that the record has to be settled again.
func (r *row) settled(id, gen int64, from ldmigration.Origin, off mutant) bool {
	if !r.has(id) || r.gen != gen && !off.has(ignoreGeneration) {
		return false
	}
	r.clean()
	r.settling = false
	r.point(from)
	return true
}

// end takes a write out. If it is not in any more, because its lease ran out, the end is a mark. An
// end never makes a dirty row clean.
func (r *row) end(id int64, end cutover.IntentEnd, now time.Time, bound time.Duration, off mutant) {
	if !r.leave(id) {
		r.gen++
		if end.Late = true; end.Dirty == "" && !off.has(ignoreLease) {
			end.Dirty = cutover.OwnerLost
		}
	}
	switch {
	case end.Dirty != "":
		r.stain(end.Dirty, true, now)
	case off.has(endCleans), off.has(clearShared) && len(r.open) > 0:
		r.clean()
	}
	if end.Late {
		r.late(now.Add(bound), off)
	}
}

// mark makes the row dirty. The generation tells a repair that is under way that it has not seen
// all.
func (r *row) mark(m cutover.JournalMark, now time.Time, bound time.Duration, off mutant) {
	switch {
	case len(r.open) == 0 && !r.dirty:
		r.from = m.From
	case !m.Written || m.From == r.from || off.has(lastMarkDecides):
	case !r.written && !r.unclear && len(r.open) == 0:
		r.from = m.From // it was only seen to differ
	case m.Dirty == cutover.NotJournaled:
		// Every other mark is of a write that had an intent: this row's direction came after it.
		r.unclear = true
	}
	if !off.has(markKeepsGeneration) {
		r.gen++
	}
	r.stain(m.Dirty, m.Written, now)
	if m.Late {
		r.late(now.Add(bound), off)
	}
}

// lose takes out an owner whose lease ran out: nobody knows what it wrote, or still writes.
func (r *row) lose(o owner, now time.Time, bound time.Duration, off mutant) {
	r.leave(o.id)
	if off.has(reapCleans) {
		return
	}
	if !o.claim {
		r.stain(cutover.OwnerLost, true, now)
	}
	r.late(now.Add(bound), off)
}
