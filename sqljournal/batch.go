package sqljournal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gocutover/cutover"
)

const (
	beginsMost     = 500 // rows of one statement
	beginsInFlight = 2   // a second one spares a writer the wait for the first
	foundOften     = 8
)

// begin is a row that a statement is to open.
type begin struct {
	hold *hold
	op   *intent // which settles the record if that is due
	// renews is true if this process has the row open already.
	renews bool

	arrived chan struct{} // closed when the statement has returned
	ready   chan struct{} // closed when outcome and err hold
	outcome outcome
	err     error

	// The journal's mutex guards these.
	abandoned bool
	settles   bool // from when the row is to be settled until it is
	gen       int64
}

func newBegin(h *hold, op *intent, renews bool) *begin {
	return &begin{hold: h, op: op, renews: renews, arrived: make(chan struct{}), ready: make(chan struct{})}
}

func (b *begin) await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the journal: %w", context.Cause(ctx))
	}
}

// begins are those that wait for the statement in flight. They go together in the next one.
type begins struct {
	waiting  []*begin
	inFlight int
	found    atomic.Int32 // how often rows were there, lately
}

// enqueue begins rows with the next statement, or with one of their own.
func (j *Journal) enqueue(bs []*begin, alone bool) {
	if alone {
		j.running.Go(func() { j.runBegins(bs) })
		return
	}
	j.begins.waiting = append(j.begins.waiting, bs...)
	if j.begins.inFlight < beginsInFlight {
		j.begins.inFlight++
		j.running.Go(j.drainBegins)
	}
}

// drainBegins runs statements until no begin waits.
func (j *Journal) drainBegins() {
	for {
		j.mu.Lock()
		n := min(len(j.begins.waiting), beginsMost)
		if n == 0 {
			j.begins.inFlight--
			j.mu.Unlock()
			return
		}
		bs := slices.Clone(j.begins.waiting[:n])
		j.begins.waiting = slices.Delete(j.begins.waiting, 0, n)
		j.mu.Unlock()
		j.runBegins(bs)
	}
}

// found is a row after the statement.
type found struct {
	row
	gen             int64
	open, origin    string
	dirty, settling bool
	wanted          int64 // for how long the other direction still waits, in milliseconds
}

func (f *found) scan(r *sql.Rows) error {
	return r.Scan(&f.flag, &f.kind, &f.key, &f.gen, &f.open, &f.origin, &f.dirty, &f.settling, &f.wanted)
}

// runBegins opens rows by one statement.
func (j *Journal) runBegins(bs []*begin) {
	slices.SortFunc(bs, func(a, b *begin) int { return a.hold.row.compare(b.hold.row) })
	sent := j.now()
	rows, err := j.beginRows(bs)
	if err != nil && j.store.dialect.diagnose(err) == locked && len(bs) > 1 {
		// One row is locked by somebody's transaction. The others must not wait for it.
		var both sync.WaitGroup
		half := len(bs) / 2
		both.Go(func() { j.runBegins(bs[:half]) })
		j.runBegins(bs[half:])
		both.Wait()
		return
	}
	if err != nil && j.store.dialect.diagnose(err) != locked {
		j.health.fail(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, b := range bs {
		switch f, ok := rows[b.hold.row]; {
		case b.hold.phase == over: // the lease was lost
			b.finish(failed, cutover.ErrLeaseLost)
		case err != nil && j.store.dialect.diagnose(err) == locked:
			j.refuse(b, stuck, nil)
		case err != nil:
			b.hold.unsure = true
			j.refuse(b, failed, err)
		case ok && strings.Contains(f.open, b.hold.token):
			j.admit(b, f, sent)
		default:
			j.meet(b.hold.flag)
			j.refuse(b, busy, nil)
		}
		if b.hold.ops == 0 {
			j.rest(b.hold)
		}
	}
}

// beginRows runs the statement.
func (j *Journal) beginRows(bs []*begin) (map[row]found, error) {
	if down := j.health.down(); down != nil {
		return nil, down
	}
	items := make([]item, len(bs))
	for i, b := range bs {
		items[i] = b.hold.row.item()
		items[i].Origin, items[i].Token = string(b.hold.from), b.hold.token
	}
	ctx, cancel := context.WithTimeout(j.stopped, j.config.BeginTimeout)
	defer cancel()
	rows := make(map[row]found, len(bs))
	if fresh, err := j.beginFresh(ctx, bs, items); fresh || err != nil {
		for _, b := range bs {
			rows[b.hold.row] = found{row: b.hold.row, open: b.hold.token, origin: string(b.hold.from)}
		}
		return rows, err
	}
	err := j.store.query(ctx, j.store.texts.begin, beginArgs(items), func() { clear(rows) },
		func(r *sql.Rows) error {
			var f found
			err := f.scan(r)
			rows[f.row] = f
			return err
		})
	if err != nil && j.stopped.Err() != nil {
		err = errors.Join(context.Cause(j.stopped), err)
	}
	return rows, err
}

// beginFresh opens rows that are not there yet, and reports whether that were all. The rows that it
// has opened may be opened again.
func (j *Journal) beginFresh(ctx context.Context, bs []*begin, items []item) (bool, error) {
	if slices.ContainsFunc(bs, func(b *begin) bool { return b.renews }) || j.begins.foundOften() {
		return false, nil
	}
	st := j.store.texts.fresh
	if len(items) == 1 {
		st = j.store.texts.freshOne
	}
	n, err := j.store.execute(ctx, st, freshArgs(items))
	if err != nil {
		return false, err
	}
	return j.begins.fresh(int(n) == len(items)), nil
}

// fresh notes whether rows were not there.
func (b *begins) fresh(all bool) bool {
	if all {
		b.found.Store(max(b.found.Load()-1, 0))
	} else {
		b.found.Store(min(b.found.Load()+4, 4*foundOften))
	}
	return all
}

// foundOften reports whether it is not worth a statement to find out that rows are there.
func (b *begins) foundOften() bool {
	if b.found.Load() <= foundOften {
		return false
	}
	b.found.Add(-1)
	return true
}

func freshArgs(items []item) args {
	if len(items) > 1 {
		return beginArgs(items)
	}
	i := items[0]
	return args{"flag": i.Flag, "kind": i.Kind, "key": i.Key, "me": i.Token, "origin": i.Origin}
}

func beginArgs(items []item) args {
	return args{"items": encode(items), "overlapped": string(cutover.Overlapped)}
}

// admit opens the hold of a row that the statement opened.
func (j *Journal) admit(b *begin, f found, sent time.Duration) {
	h := b.hold
	h.begun = sent
	h.durable = true
	h.restless = h.restless || f.dirty || f.open != h.token
	b.gen = f.gen
	switch {
	case f.settling && f.origin != string(h.from):
		j.meet(h.flag)
		b.settles = true
		if b.abandoned {
			j.release(b, false)
			return
		}
		close(b.arrived)
	case f.wanted > 0:
		j.meet(h.flag)
		h.wanted = true
		h.phase = open
		b.finish(busy, nil)
	default:
		h.phase = open
		b.finish(admitted, nil)
	}
}

// refuse closes the hold of a row that the statement did not open.
func (j *Journal) refuse(b *begin, why outcome, err error) {
	h := b.hold
	h.phase = joining
	if b.renews {
		h.phase = open
		h.restless = true
		if why == busy { // the row is not this process's any more
			h.lease.lost.Store(true)
		}
	}
	if err != nil {
		err = fmt.Errorf("%w: %w", cutover.ErrJournal, err)
	}
	b.finish(why, err)
}

// finish tells those who wait. The phase of the hold must be right.
func (b *begin) finish(o outcome, err error) {
	b.outcome, b.err = o, err
	b.hold.opener = nil
	b.settles = false
	select {
	case <-b.arrived:
	default:
		close(b.arrived)
	}
	close(b.ready)
}
