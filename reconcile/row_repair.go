package reconcile

import "time"

// state is the state that tools are told.
func (r *row) state() State {
	switch {
	case len(r.open) > 0:
		return Open
	case r.parked:
		return Parked
	default:
		return Dirty
	}
}

// due reports whether the record may be claimed.
func (r *row) due(now time.Time, off mutant) bool {
	return r.dirty &&
		(!r.parked || off.has(claimParked)) &&
		(len(r.open) == 0 || off.has(claimOpen)) &&
		!now.Before(r.lateUntil) &&
		(!now.Before(r.notBefore) || off.has(ignoreBackOff))
}

// claim lets a repair in.
func (r *row) claim(me owner, now time.Time, off mutant) {
	r.gen++
	if !off.has(claimWithoutOwner) {
		r.enter(me, now)
	}
}

// release takes a repair out, and reports whether it made the row clean: nobody began, marked or
// claimed the record since it was claimed. A repair that is not in any more changes nothing.
func (r *row) release(rel Release, now time.Time, bound time.Duration, off mutant) bool {
	if !r.leave(rel.Claim.Owner) && !off.has(claimWithoutOwner) {
		return false
	}
	switch rel.Outcome {
	case Equal:
		if len(r.open) == 0 && (r.gen == rel.Claim.Generation || off.has(ignoreGeneration)) {
			r.clean()
			return true
		}
		// What it saw to be equal was changed since. It is due at once, unless what changed it may
		// still take effect.
		r.attempts = 0
		if off.has(releaseForgetsLate) {
			r.lateUntil = time.Time{}
		}
	case Retry:
		r.fail(rel, now, bound, off)
	case Park:
		r.fail(rel, now, bound, off)
		r.parked = true
	}
	return false
}

// fail notes a repair that failed. A write of its own may still take effect, as any write may.
func (r *row) fail(rel Release, now time.Time, bound time.Duration, off mutant) {
	r.attempts, r.why = r.attempts+1, rel.Reason
	r.notBefore = later(r.notBefore, now.Add(rel.After))
	if rel.Late {
		r.late(now.Add(bound), off)
	}
}

// unpark makes a parked record due, and reports whether it was parked.
func (r *row) unpark() bool {
	if !r.parked {
		return false
	}
	r.parked, r.attempts, r.why, r.notBefore = false, 0, "", time.Time{}
	return true
}
