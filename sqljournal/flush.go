package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gocutover/cutover"
)

// flush leaves what is due, and writes marks and gaps. What cannot be done now stays queued.
func (j *Journal) flush(ctx context.Context) error {
	select {
	case j.queue.turn <- struct{}{}:
		defer func() { <-j.queue.turn }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	j.mu.Lock()
	j.leaveIdle(func(h *hold) bool { return j.now()-h.since >= j.config.Linger })
	var leaves []*hold
	for h := range j.queue.leaves {
		h.phase = flushing
		leaves = append(leaves, h)
	}
	clear(j.queue.leaves)
	marks := j.queue.marks
	j.queue.marks = map[direction]mark{}
	j.mu.Unlock()

	var err error
	slices.SortFunc(leaves, func(a, b *hold) int { return a.row.compare(b.row) })
	for some := range slices.Chunk(leaves, flushMost) {
		err = errors.Join(err, j.leaveRows(ctx, some, err))
	}
	err = errors.Join(err, j.writeMarks(ctx, marks))
	if err == nil {
		err = j.writeGaps(ctx)
	}
	return err
}

// leaveRows leaves rows, unless there was an error before.
func (j *Journal) leaveRows(ctx context.Context, holds []*hold, err error) error {
	left := map[row]*hold{}
	for _, h := range holds {
		left[h.row] = h
	}
	if err == nil {
		err = j.leaveSome(ctx, left)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, h := range holds {
		switch _, ok := left[h.row]; {
		case h.phase != flushing: // the lease was lost meanwhile
		case ok:
			h.phase = leaving
			if err != nil { // it may have been left
				h.tried, h.durable = true, false
			}
			j.queue.leaves[h] = struct{}{}
		default:
			j.forget(h)
		}
	}
	return err
}

// leaveSome takes out of left what it has left. What somebody else has locked stays.
func (j *Journal) leaveSome(ctx context.Context, left map[row]*hold) error {
	t := &j.store.texts
	var clean, all []item
	for _, h := range sorted(left) {
		if h.dirty == "" && !h.late {
			clean = append(clean, h.item())
		}
	}
	if err := j.leaveBy(ctx, t.leaveClean, clean, left); err != nil || len(left) == 0 {
		return err
	}
	for _, h := range sorted(left) {
		all = append(all, h.item())
	}
	if err := j.leaveBy(ctx, t.leave, all, left); err != nil || len(left) == 0 {
		return err
	}
	// The others are locked, or this process is not in them: its lease ran out, or its begin is not
	// known to have been committed.
	all = all[:0]
	for _, h := range sorted(left) {
		all = append(all, h.item())
	}
	in, err := j.rowsOf(ctx, t.hasMe, all)
	if err != nil {
		return fmt.Errorf("look for records: %w", err)
	}
	for _, h := range sorted(left) {
		switch {
		case slices.Contains(in, h.row):
		case h.withdrawn, h.tried && h.dirty == "":
			delete(left, h.row)
		default:
			m := h.mark()
			if m.why == "" {
				m.why, m.late = cutover.OwnerLost, true
			}
			err := j.markSome(ctx, t.markUnlessIn, h.token, []item{m.item()}, func(r row) { delete(left, r) })
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// item is the row with what a statement needs to leave it.
func (h *hold) item() item {
	i := h.mark().item()
	i.Token = h.token
	return i
}

func sorted(left map[row]*hold) []*hold {
	holds := make([]*hold, 0, len(left))
	for _, h := range left {
		holds = append(holds, h)
	}
	slices.SortFunc(holds, func(a, b *hold) int { return a.row.compare(b.row) })
	return holds
}

func (j *Journal) flushArgs(items []item) args {
	return args{"items": encode(items), "late": j.config.LateBound.Milliseconds()}
}

func (j *Journal) leaveBy(ctx context.Context, st statement, items []item, left map[row]*hold) error {
	done, err := j.rowsOf(ctx, st, items)
	if err != nil {
		return fmt.Errorf("leave records: %w", err)
	}
	for _, r := range done {
		delete(left, r)
	}
	return nil
}

// rowsOf runs a statement on rows, and returns those that it returns.
func (j *Journal) rowsOf(ctx context.Context, st statement, items []item) ([]row, error) {
	if len(items) == 0 {
		return nil, nil
	}
	return j.rowsBy(ctx, st, j.flushArgs(items))
}

func (j *Journal) rowsBy(ctx context.Context, st statement, a args) ([]row, error) {
	var rows []row
	err := j.store.query(ctx, st, a, func() { rows = nil }, func(r *sql.Rows) error {
		var one row
		err := r.Scan(&one.flag, &one.kind, &one.key)
		rows = append(rows, one)
		return err
	})
	return rows, err
}

// markSome marks rows, and tells which ones. A row that somebody has locked does not hold up the
// others.
func (j *Journal) markSome(ctx context.Context, st statement, me string, items []item, done func(row)) error {
	if len(items) == 0 {
		return nil
	}
	a := j.flushArgs(items)
	a["me"] = me
	marked, err := j.rowsBy(ctx, st, a)
	switch {
	case err == nil:
		for _, r := range marked {
			done(r)
		}
		return nil
	case j.store.dialect.diagnose(err) != locked:
		return fmt.Errorf("mark records: %w", err)
	case len(items) == 1:
		return nil
	}
	half := len(items) / 2
	return errors.Join(j.markSome(ctx, st, me, items[:half], done), j.markSome(ctx, st, me, items[half:], done))
}

// markGroup is what one statement marks: it can change a row once.
type markGroup struct {
	from    string
	written bool
}

// compare puts what was only seen before what was written: a write decides the direction of a record
// that was only seen to differ, and what is told of it.
func (g markGroup) compare(other markGroup) int {
	if g.written != other.written {
		return number(g.written) - number(other.written)
	}
	return strings.Compare(g.from, other.from)
}

// writeMarks makes marks durable.
func (j *Journal) writeMarks(ctx context.Context, marks map[direction]mark) error {
	groups := map[markGroup][]item{}
	for _, m := range marks {
		g := markGroup{m.from, m.written}
		groups[g] = append(groups[g], m.item())
	}
	var err error
	for _, g := range slices.SortedFunc(maps.Keys(groups), markGroup.compare) {
		items := groups[g]
		slices.SortFunc(items, func(a, b item) int { return row{a.Flag, a.Kind, a.Key}.compare(row{b.Flag, b.Kind, b.Key}) })
		for some := range slices.Chunk(items, flushMost) {
			if err == nil {
				err = j.markSome(ctx, j.store.texts.mark, "", some, func(r row) { delete(marks, direction{r, g.from}) })
			}
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for d, m := range marks {
		if newer, ok := j.queue.marks[d]; ok {
			m.late, m.written, m.why = m.late || newer.late, m.written || newer.written, newer.why
		}
		j.queue.marks[d] = m
	}
	return err
}
