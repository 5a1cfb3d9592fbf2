package reconcile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/gocutover/cutover"
)

// defaultEntries is how many rows Entries returns at most, unless it is told.
const defaultEntries = 1000

// Backlog implements [Ledger].
func (m *Memory) Backlog(_ context.Context, flag string) (Backlog, error) {
	s := m.store
	defer s.locked()()
	now, _, err := m.use()
	if err != nil {
		return Backlog{}, err
	}
	var b Backlog
	for name, f := range s.flags {
		if flag != "" && flag != name {
			continue
		}
		for _, r := range f.rows {
			b.add(r, now)
		}
		b.Gaps = append(b.Gaps, f.gaps...)
	}
	slices.SortFunc(b.Gaps, func(a, b Gap) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Flag, b.Flag)) })
	return b, nil
}

func (b *Backlog) add(r *row, now time.Time) {
	if len(r.open) > 0 {
		b.Open++
		b.OldestOpen = max(b.OldestOpen, now.Sub(r.opened))
	}
	switch {
	case r.parked:
		b.Parked++
	case r.dirty:
		b.Dirty++
		b.OldestDirty = max(b.OldestDirty, now.Sub(r.since))
	}
}

// Entries implements [Ledger]. Its cost grows with the rows of the storage.
func (m *Memory) Entries(_ context.Context, filter Filter) ([]Entry, error) {
	s := m.store
	defer s.locked()()
	if _, _, err := m.use(); err != nil {
		return nil, err
	}
	var entries []Entry
	for flag, f := range s.flags {
		if filter.Flag != "" && filter.Flag != flag {
			continue
		}
		for key, r := range f.rows {
			e := r.entry(flag, key)
			if (filter.State == 0 || filter.State == e.State) && compareEntries(e, filter.After) > 0 {
				entries = append(entries, e)
			}
		}
	}
	slices.SortFunc(entries, compareEntries)
	limit := filter.Limit
	if limit <= 0 {
		limit = defaultEntries
	}
	return slices.Clip(entries[:min(limit, len(entries))]), nil
}

func compareEntries(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.Flag, b.Flag), compareKeys(a.Record, b.Record))
}

func (r *row) entry(flag string, key cutover.RecordKey) Entry {
	e := Entry{
		Flag: flag, Record: key, State: r.state(), Dirty: r.reason, From: r.from,
		Since: r.opened, Attempts: r.attempts, Reason: r.why,
	}
	if r.dirty {
		e.Since = r.since
	}
	return e
}

// Unpark implements [Ledger].
func (m *Memory) Unpark(_ context.Context, flag string, records ...cutover.RecordKey) (int, error) {
	s := m.store
	defer s.locked()()
	if _, _, err := m.use(); err != nil {
		return 0, err
	}
	unparked := 0
	for key, r := range s.flag(flag).rows {
		if (len(records) == 0 || slices.Contains(records, key)) && r.unpark() {
			unparked++
		}
	}
	return unparked, nil
}
