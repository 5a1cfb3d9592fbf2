package insights

import (
	"time"

	"github.com/gocutover/cutover"
)

// Missed is the writes that the system which answers took and that this one missed: they failed,
// timed out, panicked or were skipped. Each is a lost record there until it is repaired, however
// long ago it was.
type Missed struct {
	// Writes is how many there were since the start, repaired or not.
	Writes uint64 `json:"writes"`
	// Records is how many records are known by key that missed a write and were not healed since;
	// see [Figures.Keys].
	Records int `json:"records"`
	// Unnamed is how many missed writes there are of records whose key is not known, because the
	// writer tells none or there are more than [Config.Keys]. Only [Figures.Repaired] without keys
	// knows that they were repaired.
	Unnamed uint64 `json:"unnamed"`
}

// unrepaired reports whether the system still lacks a write.
func (m *Missed) unrepaired() bool { return m.Records > 0 || m.Unnamed > 0 }

// write counts a write that one system missed, and heals the records of one that succeeded in both.
func (r *records) write(o *cutover.Observation, stage int, began, at time.Duration) {
	outcomes := [2]*cutover.Outcome[any]{&o.Old, &o.New}
	first := means[stage].answers
	switch second := outcomes[1-first]; {
	case outcomes[first].Err != nil:
		return // the caller knows, and the other system was not asked
	case means[stage].writesBoth() && (second.Err != nil || !second.Invoked):
		r.miss(o.Shown.Keys, 1-first, at)
	case r.open.Load() > 0:
		r.wrote(o.Shown.Keys, means[stage].writesBoth(), began)
	}
}

func (r *records) miss(keys []string, origin int, at time.Duration) {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = recordKey(key)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	missed := &r.missed[origin]
	missed.Writes++
	if len(names) == 0 {
		missed.Unnamed++
	}
	for _, name := range names {
		rec := r.touch(name, at)
		if rec.failed[origin] == 0 {
			missed.Records++
		}
		rec.failed[origin]++
		rec.lastFailure, rec.unconfirmed = at, false
	}
}

// wrote is told of a write that went well wherever it went.
func (r *records) wrote(keys []string, both bool, began time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		name := recordKey(key)
		rec := r.list.get(name)
		if rec == nil {
			continue
		}
		rec.unconfirmed = false
		if !both || began < rec.lastFailure {
			continue
		}
		r.mend(rec)
		if rec.healed() {
			r.heal(name, rec)
		}
	}
}

// mend forgets a record's failed writes.
func (r *records) mend(rec *record) {
	for origin := range rec.failed {
		if rec.failed[origin] > 0 {
			r.missed[origin].Records--
		}
	}
	rec.failed, rec.lastFailure = [2]uint32{}, 0
}

// forget keeps the number of a record's failed writes when its key must make room.
func (r *records) forget(rec *record) {
	for origin, n := range rec.failed {
		r.missed[origin].Unnamed += uint64(n)
	}
	r.mend(rec)
}
