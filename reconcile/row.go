package reconcile

import (
	"slices"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"

	"github.com/gocutover/cutover"
)

// row is what a journal knows of a record while it is open or dirty. Its methods are the rules of
// a journal. They are pure: they depend on the row and their arguments only.
type row struct {
	gen    int64              // the count of begins, marks and claims
	open   []owner            // who has it open; the writers among them all in the same direction
	opened time.Time          // since when somebody has
	from   ldmigration.Origin // where it is to be copied from

	dirty   bool // both systems may differ
	reason  cutover.DirtyReason
	since   time.Time // when it became dirty
	written bool      // a write made it dirty, not only a read that saw a difference
	unclear bool      // writes of both directions did

	settling  bool      // its only owner makes it equal first
	lateUntil time.Time // until when a write may still take effect
	notBefore time.Time // until when repair leaves it alone

	attempts int
	parked   bool
	why      string // what the last repair failed with

	wantsUntil time.Time // until when the other direction waits for it

	first   [1]owner      // where open begins, to save an allocation
	changed chan struct{} // closed at the next change, if anybody waits for one
}

// owner has a record open: an operation that writes, or a claim.
type owner struct {
	id    int64
	in    int64 // the instance
	claim bool
}

// newRow makes a row that nobody has open and that is clean. It cannot stay so.
func newRow() *row {
	r := &row{}
	r.open = r.first[:0]
	return r
}

// over reports whether both systems hold the same and nobody is about to change that, so that the
// row is to be deleted.
func (r *row) over(off mutant) bool {
	return !r.dirty && (len(r.open) == 0 || off.has(clearShared))
}

func (r *row) has(id int64) bool { return r.index(id) >= 0 }

func (r *row) index(id int64) int {
	return slices.IndexFunc(r.open, func(o owner) bool { return o.id == id })
}

// writer reports whether an instance has an operation under way on the record.
func (r *row) writer(instance int64) bool {
	return slices.ContainsFunc(r.open, func(o owner) bool { return o.in == instance && !o.claim })
}

func (r *row) enter(me owner, now time.Time) {
	if len(r.open) == 0 {
		r.opened = now
	}
	r.open = append(r.open, me)
}

// leave takes an owner out, and reports whether it was in.
func (r *row) leave(id int64) bool {
	i := r.index(id)
	if i < 0 {
		return false
	}
	r.open = slices.Delete(r.open, i, i+1)
	r.settling = r.settling && len(r.open) > 0
	return true
}

// stain makes the row dirty. A row that is dirty keeps the time at which it became so.
func (r *row) stain(reason cutover.DirtyReason, written bool, now time.Time) {
	if !r.dirty {
		r.since = now
	}
	r.dirty, r.reason, r.written = true, reason, r.written || written
}

// clean makes the row clean, because both systems hold the same.
func (r *row) clean() {
	r.dirty, r.reason, r.since, r.written, r.unclear = false, "", time.Time{}, false, false
	r.parked, r.attempts, r.why = false, 0, ""
	r.lateUntil, r.notBefore = time.Time{}, time.Time{}
}

// point changes the direction of the row. Who waited for the other direction has it now.
func (r *row) point(from ldmigration.Origin) { r.from, r.wantsUntil = from, time.Time{} }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// late notes that a write may still take effect until a time.
func (r *row) late(until time.Time, off mutant) {
	if !off.has(ignoreLate) {
		r.lateUntil = later(r.lateUntil, until)
	}
}

// waiting returns a channel that is closed when the row changes.
func (r *row) waiting() <-chan struct{} {
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.changed
}

// wake wakes those who wait for a change.
func (r *row) wake() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}
