package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gocutover/cutover"
)

// errRenewed is why a lease was not taken away after all.
var errRenewed = errors.New("renewed meanwhile")

// reap takes away the leases that ran out, with everything that was open under them. All of it is
// one transaction for each lease: whoever renews it in time keeps everything.
func (j *Journal) reap(ctx context.Context) error {
	var lapsed []int64
	err := j.store.query(ctx, j.store.texts.lapsed, nil, func() { lapsed = nil }, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		lapsed = append(lapsed, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("look for lost processes: %w", err)
	}
	for _, id := range lapsed {
		gone := j.reapOne(ctx, id)
		if gone != nil && !errors.Is(gone, errRenewed) && j.store.dialect.diagnose(gone) != locked {
			err = errors.Join(err, fmt.Errorf("take over from a lost process: %w", gone))
		}
	}
	return err
}

func (j *Journal) reapOne(ctx context.Context, id int64) error {
	t := &j.store.texts
	var name string
	err := j.store.transaction(ctx, func(tx querier) error {
		if err := j.store.queryOnce(ctx, tx, t.impatient, nil, func(*sql.Rows) error { return nil }); err != nil {
			return err
		}
		var renewed int64
		name = ""
		found := false
		err := j.store.queryOnce(ctx, tx, t.unlease, args{"id": id}, func(r *sql.Rows) error {
			found = true
			return r.Scan(&name, &renewed)
		})
		if err == nil && !found {
			err = errRenewed
		}
		if err != nil {
			return err
		}
		for _, st := range []statement{t.reapGaps, t.unuse} {
			if _, err := j.store.executeOnce(ctx, tx, st, args{"id": id, "name": name, "since": renewed}); err != nil {
				return err
			}
		}
		return j.takeRows(ctx, tx, id)
	})
	if err == nil {
		j.config.Logger.Warn("journal: a process was lost; what it was writing is dirty now", "instance", name)
	}
	return err
}

// takeRows takes the rows of a lease from it, in a transaction.
func (j *Journal) takeRows(ctx context.Context, tx querier, id int64) error {
	l := &lease{id: id}
	var items []item
	err := j.store.queryOnce(ctx, tx, j.store.texts.ownedRows, args{"writer": l.pattern(writes), "claimer": l.pattern(claims)},
		func(r *sql.Rows) error {
			var at row
			var open string
			err := r.Scan(&at.flag, &at.kind, &at.key, &open)
			items = append(items, takenItem(at, open, id))
			return err
		})
	for some := range slices.Chunk(items, flushMost) {
		if err == nil {
			_, err = j.store.executeOnce(ctx, tx, j.store.texts.reapRows, j.flushArgs(some))
		}
	}
	return err
}

// takenItem is a row without the owners of a lease.
func takenItem(at row, open string, id int64) item {
	it := at.item()
	it.Token, it.Dirty = ",", string(cutover.OwnerLost)
	for _, o := range owners(open) {
		switch {
		case o.lease != id:
			it.Token += strings.TrimPrefix((&lease{id: o.lease}).token(o.what, o.number), ",")
		case o.what == writes:
			it.Wrote = 1
		}
	}
	return it
}
