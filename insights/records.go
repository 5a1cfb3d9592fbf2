package insights

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
	"github.com/launchdarkly/go-sdk-common/v3/ldmigration"
)

const (
	maxRules   = 32
	otherRules = "other rules"
)

// records is what is known of the records of a flag: those that are to be repaired, and what became
// of others.
type records struct {
	start time.Time
	open  atomic.Int64 // how many are to be repaired: if none is, most operations have nothing to tell here

	mu     sync.Mutex
	list   *latest[record]
	last   *latest[*details]
	fields *latest[Field]
	rules  map[string]uint64 // how many differences each rule ignored
	missed [2]Missed         // by the old system and by the new one
	healed uint64
	vanish vanish
}

// vanish is how often a difference was gone when the record was compared again, though nobody had
// written it.
type vanish struct{ again, gone uint64 }

func (r *records) begin(cfg *settings, start time.Time) {
	r.start = start
	r.list = newLatest[record](cfg.keys)
	r.list.forgets = r.forget
	r.last = newLatest[*details](cfg.mismatches)
	r.fields = newLatest[Field](maxFields)
	r.rules = map[string]uint64{}
}

// observe is told when the operation called its first function. What began before a record was
// found wrong says nothing of its being healed.
func (r *records) observe(o *cutover.Observation, stage int, began, at time.Duration) {
	switch {
	case o.Operation == ldmigration.Write:
		r.write(o, stage, began, at)
	case o.Consistency == cutover.Inconsistent:
		r.differs(o, at)
	case o.Consistency == cutover.Consistent && r.open.Load() > 0:
		r.agrees(namesOf(&o.Shown), began)
	case o.Consistency == cutover.Ignored:
		r.ignored(o.IgnoredBy)
	}
}

// differs runs the user's String methods before it locks.
func (r *records) differs(o *cutover.Observation, at time.Duration) {
	names := namesOf(&o.Shown)
	if len(names) == 0 {
		names = []string{""}
	}
	all := make([]*details, 0, min(len(names), maxDifferences))
	for _, name := range names[:cap(all)] {
		all = append(all, detailsOf(o, name))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, name := range names {
		rec := r.touch(name, at)
		if rec.unconfirmed {
			r.vanish.again++
		}
		rec.unconfirmed = o.Rechecks == 0 && name != ""
		rec.mismatches++
		rec.lastMismatch, rec.what = at, whatOf(o)
		if i < len(all) {
			rec.what = all[i].what
			*r.last.touch(name) = all[i]
			r.count(all[i].fields, name)
			all[i].fields = nil
		}
	}
}

// touch returns the record of that name, a new one if need be, which is wrong from now on.
func (r *records) touch(name string, at time.Duration) *record {
	rec := r.list.touch(name)
	if rec.healed() {
		rec.firstWrong = at
	}
	r.open.Store(int64(len(r.list.entries)))
	return rec
}

func (r *records) count(paths []string, name string) {
	for _, path := range paths {
		field := r.fields.touch(path)
		field.Path, field.Last = path, name
		field.Count++
	}
}

// agrees takes the records off the list that were compared after they were found wrong.
func (r *records) agrees(names []string, began time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range names {
		rec := r.list.get(name)
		if rec == nil || name == "" {
			continue
		}
		if began >= rec.lastFailure {
			r.mend(rec)
		}
		if rec.mismatches > 0 && began >= rec.lastMismatch {
			if rec.unconfirmed {
				r.vanish.again++
				r.vanish.gone++
			}
			rec.mismatches, rec.lastMismatch, rec.unconfirmed = 0, 0, false
			r.last.remove(name)
		}
		if rec.healed() {
			r.heal(name, rec)
		}
	}
}

// heal takes a record off the list.
func (r *records) heal(name string, rec *record) {
	r.mend(rec)
	r.last.remove(name)
	r.list.remove(name)
	r.open.Store(int64(len(r.list.entries)))
	r.healed++
}

// repaired takes records off the list by their keys, or all.
func (r *records) repaired(keys []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range keys {
		name := recordKey(key)
		if rec := r.list.get(name); rec != nil {
			r.heal(name, rec)
		}
	}
	if len(keys) > 0 {
		return
	}
	for r.list.first != nil {
		r.heal(r.list.first.key, &r.list.first.value)
	}
	for origin := range r.missed {
		r.missed[origin].Unnamed = 0
	}
}

func (r *records) ignored(rule string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	rule = bounded(rule, maxText)
	if _, known := r.rules[rule]; !known && len(r.rules) >= maxRules {
		rule = otherRules
	}
	r.rules[rule]++
}

// all returns the keys, the latest first.
func (r *records) all() []Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := make([]Key, 0, len(r.list.entries))
	for name, rec := range r.list.all {
		keys = append(keys, rec.key(name, r.start))
	}
	return keys
}
