package sqljournal

import (
	"context"
	"database/sql"
	"fmt"
)

// auditDue reports whether the rows are to be compared with the books: once in a lease, so that a
// row of a process that is no more is held up no longer than those of a lost process, and soon after
// the outcome of a statement was unknown.
func (j *Journal) auditDue() bool {
	now := int64(j.now())
	if j.claims.unsure.Load() || now-j.audited.Load() >= int64(min(auditEvery, j.config.Lease)) {
		j.audited.Store(now)
		return true
	}
	return false
}

// audit leaves rows that a statement has opened after its caller had given it up: those of this
// process that are not in its books, and those of processes that are no more.
func (j *Journal) audit(ctx context.Context) error {
	j.claims.unsure.Store(false)
	l := j.lease.Load()
	j.claims.turn.Lock()
	defer j.claims.turn.Unlock()
	var stray []item
	others := map[int64]bool{}
	err := j.store.query(ctx, j.store.texts.openRows, nil, func() { stray, others = nil, map[int64]bool{} },
		func(r *sql.Rows) error {
			var at row
			var open string
			err := r.Scan(&at.flag, &at.kind, &at.key, &open)
			for _, o := range owners(open) {
				if o.lease != l.id {
					others[o.lease] = true
				} else if !j.knows(l, at, o) {
					it := at.item()
					it.Token = l.token(o.what, o.number)
					stray = append(stray, it)
				}
			}
			return err
		})
	if err == nil && len(stray) > 0 {
		_, err = j.store.execute(ctx, j.store.texts.unclaim, args{"items": encode(stray)})
	}
	if err == nil {
		err = j.reapUnknown(ctx, others)
	}
	if err != nil {
		j.claims.unsure.Store(true)
		return fmt.Errorf("compare the rows with what this process has open: %w", err)
	}
	return nil
}

// knows reports whether an owner of this process is in the books. If it is that of a write, and
// nobody uses the row, it is put there to be left.
func (j *Journal) knows(l *lease, at row, o owner) bool {
	if o.what == claims {
		c, ok := j.claims.has(at)
		return ok && c.number == o.number
	}
	token := l.token(writes, o.number)
	j.mu.Lock()
	defer j.mu.Unlock()
	if h := j.holds[at]; h != nil {
		return h.token == token
	}
	if l.lost.Load() {
		return true
	}
	h := &hold{
		row: at, record: at.record(), flag: j.flagOf(unescape(at.flag)), lease: l, token: token, withdrawn: true,
		gone: make(chan struct{}),
	}
	j.holds[at] = h
	j.leave(h)
	return true
}

// reapUnknown takes rows from processes that have no lease any more. Nobody begins under a lease
// that is not in the table yet, so that those are really gone.
func (j *Journal) reapUnknown(ctx context.Context, ids map[int64]bool) error {
	if len(ids) == 0 {
		return nil
	}
	err := j.store.query(ctx, j.store.texts.instances, nil, nil, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		delete(ids, id)
		return err
	})
	for id := range ids {
		if err == nil {
			err = j.store.transaction(ctx, func(tx querier) error { return j.takeRows(ctx, tx, id) })
		}
	}
	return err
}
