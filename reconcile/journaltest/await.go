package journaltest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gocutover/cutover"
	"github.com/gocutover/cutover/reconcile"
)

// eventually waits until a condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.tb.Helper()
	end := time.NewTimer(w.Patience)
	defer end.Stop()
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !holds() {
		select {
		case <-end.C:
			require.Fail(w.tb, "not within "+w.Patience.String()+": "+what)
		case <-w.ctx().Done():
			require.Fail(w.tb, "the test ended before: "+what)
		case <-again.C:
		}
	}
}

// entry returns the row of a record.
func (w *world) entry(j reconcile.Journal, record cutover.RecordKey) (reconcile.Entry, bool) {
	w.tb.Helper()
	for _, e := range w.entries(j, reconcile.Filter{Flag: w.flag}) {
		if e.Record == record {
			return e, true
		}
	}
	return reconcile.Entry{}, false
}

func (w *world) entries(j reconcile.Journal, filter reconcile.Filter) []reconcile.Entry {
	w.tb.Helper()
	entries, err := j.Entries(w.ctx(), filter)
	require.NoError(w.tb, err, "entries")
	return entries
}

func (w *world) backlog(j reconcile.Journal) reconcile.Backlog {
	w.tb.Helper()
	b, err := j.Backlog(w.ctx(), w.flag)
	require.NoError(w.tb, err, "backlog")
	return b
}

// dirty waits until an order is dirty for a reason, and not open.
func (w *world) dirty(j reconcile.Journal, key string, reason cutover.DirtyReason) {
	w.tb.Helper()
	w.eventually("order "+key+" is dirty: "+string(reason), func() bool {
		e, ok := w.entry(j, order(key))
		return ok && e.State == reconcile.Dirty && e.Dirty == reason
	})
}

// isOpen waits until an order is open.
func (w *world) isOpen(j reconcile.Journal, key string) reconcile.Entry {
	w.tb.Helper()
	var e reconcile.Entry
	w.eventually("order "+key+" is open", func() bool {
		found, ok := w.entry(j, order(key))
		e = found
		return ok && e.State == reconcile.Open
	})
	return e
}

// gone waits until orders have no row.
func (w *world) gone(j reconcile.Journal, keys ...string) {
	w.tb.Helper()
	for _, key := range keys {
		w.eventually("order "+key+" has no row", func() bool {
			_, ok := w.entry(j, order(key))
			return !ok
		})
	}
}

// rests waits until nothing is open.
func (w *world) rests(j reconcile.Journal) {
	w.tb.Helper()
	w.eventually("nothing is open", func() bool { return w.backlog(j).Open == 0 })
}

// attempt is a Begin that may wait.
type attempt struct {
	done   chan struct{}
	cancel context.CancelFunc
	in     cutover.Intent
	err    error
}

// starts begins a write without waiting for it.
func (w *world) starts(j reconcile.Journal, write cutover.JournalWrite) *attempt {
	ctx, cancel := context.WithCancel(w.ctx())
	a := &attempt{done: make(chan struct{}), cancel: cancel}
	go func() {
		defer close(a.done)
		a.in, a.err = j.Begin(ctx, write)
	}()
	w.tb.Cleanup(func() {
		cancel()
		<-a.done
	})
	return a
}

// waits expects that a Begin does not return for a while.
func (w *world) waits(a *attempt) {
	w.tb.Helper()
	timer := time.NewTimer(w.Patience / 50)
	defer timer.Stop()
	select {
	case <-a.done:
		require.Fail(w.tb, "the write did not wait", "its error: %v", a.err)
	case <-timer.C:
	}
}

// returns waits until a Begin returns.
func (w *world) returns(a *attempt) (cutover.Intent, error) {
	w.tb.Helper()
	timer := time.NewTimer(w.Patience)
	defer timer.Stop()
	select {
	case <-a.done:
	case <-timer.C:
		require.Fail(w.tb, "the write still waits")
	}
	return a.in, a.err
}

// admitted waits until a Begin has begun.
func (w *world) admitted(a *attempt) cutover.Intent {
	w.tb.Helper()
	in, err := w.returns(a)
	require.NoError(w.tb, err, "begin")
	return in
}
