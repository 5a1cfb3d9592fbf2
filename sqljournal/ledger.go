package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// Backlog implements [reconcile.Ledger]. It reads all rows. What this process has still to tell the
// database is told first.
func (j *Journal) Backlog(ctx context.Context, flag string) (reconcile.Backlog, error) {
	b, err := j.backlog(ctx, flag)
	if err != nil {
		return reconcile.Backlog{}, fmt.Errorf("backlog of the journal: %w", err)
	}
	return b, nil
}

func (j *Journal) backlog(ctx context.Context, flag string) (b reconcile.Backlog, err error) {
	if err := j.settleBooks(ctx); err != nil {
		return b, err
	}
	a := args{"flag": escape(flag)}
	var oldestDirty, oldestOpen int64
	err = j.store.query(ctx, j.store.texts.backlog, a, nil, func(r *sql.Rows) error {
		return r.Scan(&b.Dirty, &b.Parked, &b.Open, &oldestDirty, &oldestOpen)
	})
	if err != nil {
		return b, err
	}
	b.OldestDirty = time.Duration(oldestDirty) * time.Millisecond
	b.OldestOpen = time.Duration(oldestOpen) * time.Millisecond
	err = j.store.query(ctx, j.store.texts.gaps, a, func() { b.Gaps = nil }, func(r *sql.Rows) error {
		var g reconcile.Gap
		var since, until int64
		err := r.Scan(&g.Flag, &g.Instance, &since, &until, &g.Suspected, &g.Marked)
		g.Flag, g.Since, g.Until = unescape(g.Flag), fromMillis(since), fromMillis(until)
		b.Gaps = append(b.Gaps, g)
		return err
	})
	return b, err
}

// settleBooks tells the database what is queued.
func (j *Journal) settleBooks(ctx context.Context) error {
	if err := j.usable(); err != nil {
		return err
	}
	return j.flush(ctx)
}

// mostEntries is how many rows Entries returns at most, unless it is told.
const mostEntries = 1000

// Entries implements [reconcile.Ledger]. The order of flags, kinds and keys is that of their bytes.
func (j *Journal) Entries(ctx context.Context, f reconcile.Filter) ([]reconcile.Entry, error) {
	if err := j.settleBooks(ctx); err != nil {
		return nil, fmt.Errorf("rows of the journal: %w", err)
	}
	most := f.Limit
	if most <= 0 {
		most = mostEntries
	}
	var entries []reconcile.Entry
	err := j.store.query(ctx, j.store.texts.entries, args{
		"flag": escape(f.Flag), "state": int64(f.State), "most": int64(most),
		"afterflag": escape(f.After.Flag), "afterkind": escape(f.After.Record.Kind), "afterkey": escape(f.After.Record.Key),
	}, func() { entries = nil }, func(r *sql.Rows) error {
		e, err := scanEntry(r)
		entries = append(entries, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rows of the journal: %w", err)
	}
	return entries, nil
}

func scanEntry(r *sql.Rows) (reconcile.Entry, error) {
	var e reconcile.Entry
	var at row
	var open string
	var dirty, parked bool
	var since, opened int64
	err := r.Scan(&at.flag, &at.kind, &at.key, (*string)(&e.From), &open, &dirty, &parked, (*string)(&e.Dirty),
		&since, &opened, &e.Attempts, &e.Reason)
	e.Flag, e.Record, e.Reason = unescape(at.flag), at.record(), unescape(e.Reason)
	e.Since = fromMillis(opened)
	if dirty {
		e.Since = fromMillis(since)
	}
	switch {
	case open != ",":
		e.State = reconcile.Open
	case parked:
		e.State = reconcile.Parked
	default:
		e.State = reconcile.Dirty
	}
	return e, err
}

// Unpark implements [reconcile.Ledger].
func (j *Journal) Unpark(ctx context.Context, flag string, records ...cutover.RecordKey) (int, error) {
	if err := j.usable(); err != nil {
		return 0, fmt.Errorf("unpark records: %w", err)
	}
	st, a := j.store.texts.unpark, args{"flag": escape(flag)}
	if len(records) > 0 {
		rows, err := rowsOf(flag, records)
		if err != nil {
			return 0, fmt.Errorf("unpark records: %w", err)
		}
		items := make([]item, len(rows))
		for i, r := range rows {
			items[i] = r.item()
		}
		st, a = j.store.texts.unparkSome, args{"items": encode(items)}
	}
	n, err := j.store.execute(ctx, st, a)
	if err != nil {
		return 0, fmt.Errorf("unpark records: %w", err)
	}
	return int(n), nil
}
